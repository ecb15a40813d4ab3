/**
 * Bundles: make one, bring one in, and the work on them. None of it needs the internet.
 */
import * as React from 'react';

import { BringForm } from './BringForm';
import { BundleRow } from './BundleRow';
import { PackForm } from './PackForm';
import { Button, Card } from '../../components/basics';
import { Empty, Failure, Loadable, Skeleton } from '../../components/states';
import { useAction, useApp, useLive } from '../../hooks';
import { append } from '../../state/list';

/** See the module's comment. */
export function BundlesTab(): React.JSX.Element {
  const { core, t, route } = useApp();
  const query = route.query ?? {};
  const live = core.bundles();
  const view = useLive(live);
  const older = useAction(async (cursor: string) => {
    const page = await core.api.bundles.page({ limit: 50, cursor });
    live.update(state => append(state, page));
  });
  return (
    <>
      <p className="pai-quiet">{t('bundles.sentence')}</p>
      <div className="pai-halves">
        <PackForm key={`${query['subject'] ?? ''}:${query['id'] ?? ''}`} />
        <BringForm />
      </div>
      <Loadable view={view} skeleton={<Skeleton height={120} />}>
        {({ items, cursor }) => (
          <>
            <Card title={t('bundles.list')}>
              {items.length === 0 ? (
                <Empty icon="downloads" title={t('bundles.empty')}>
                  {t('bundles.empty_help')}
                </Empty>
              ) : (
                <ul className="pai-list" aria-label={t('bundles.list')}>
                  {items.map(job => (
                    <li key={job.id}>
                      <BundleRow job={job} />
                    </li>
                  ))}
                </ul>
              )}
            </Card>
            {cursor === null ? null : (
              <Button kind="quiet" busy={older.busy} onClick={() => void older.run(cursor)}>
                {t('bundles.older')}
              </Button>
            )}
            {older.error ? <Failure error={older.error} onClose={older.clear} /> : null}
          </>
        )}
      </Loadable>
    </>
  );
}
