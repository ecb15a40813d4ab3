/**
 * Bundles: make one, bring one in, and the work on them. None of it needs the internet.
 */
import * as React from 'react';

import { BringForm } from './BringForm';
import { BundleRow } from './BundleRow';
import { PackForm } from './PackForm';
import { Card } from '../../components/basics';
import { Older } from '../../components/Older';
import { Empty, Loadable, Skeleton } from '../../components/states';
import { useApp, useLive } from '../../hooks';

/** See the module's comment. */
export function BundlesTab(): React.JSX.Element {
  const { core, t, route } = useApp();
  const query = route.query ?? {};
  const live = core.bundles();
  const view = useLive(live);
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
            <Older live={live} cursor={cursor} page={query => core.api.bundles.page(query)}>
              {t('bundles.older')}
            </Older>
          </>
        )}
      </Loadable>
    </>
  );
}
