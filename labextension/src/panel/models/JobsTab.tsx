/**
 * The work on models: converting, merging, exporting, pushing; newest first.
 */
import * as React from 'react';

import { ModelJobRow } from './ModelJobRow';
import { Button, Card } from '../../components/basics';
import { Empty, Failure, Loadable, Skeleton } from '../../components/states';
import { useAction, useApp, useLive } from '../../hooks';
import { append } from '../../state/list';

/** See the module's comment. */
export function JobsTab(): React.JSX.Element {
  const { core, t, route } = useApp();
  const live = core.modelJobs();
  const view = useLive(live);
  const older = useAction(async (cursor: string) => {
    const page = await core.api.models.jobs({ limit: 50, cursor });
    live.update(state => append(state, page));
  });
  const wanted = route.query?.['job'];
  return (
    <Loadable view={view} skeleton={<Skeleton height={160} />}>
      {({ items, cursor }) => (
        <>
          <Card>
            {items.length === 0 ? (
              <Empty icon="models" title={t('making.jobs_empty')}>
                {t('making.jobs_empty_help')}
              </Empty>
            ) : (
              <ul className="pai-list" aria-label={t('models.tab_jobs')}>
                {items.map(job => (
                  <li
                    key={job.id}
                    className={job.id === wanted ? 'pai-wanted' : ''}
                    aria-current={job.id === wanted || undefined}
                  >
                    <ModelJobRow job={job} />
                  </li>
                ))}
              </ul>
            )}
          </Card>
          {cursor === null ? null : (
            <Button kind="quiet" busy={older.busy} onClick={() => void older.run(cursor)}>
              {t('models.older')}
            </Button>
          )}
          {older.error ? <Failure error={older.error} onClose={older.clear} /> : null}
        </>
      )}
    </Loadable>
  );
}
