/**
 * The work on models: converting, merging, exporting, pushing; newest first.
 */
import * as React from 'react';

import { ModelJobRow } from './ModelJobRow';
import { Card } from '../../components/basics';
import { Older } from '../../components/Older';
import { Empty, Loadable, Skeleton } from '../../components/states';
import { useApp, useLive } from '../../hooks';

/** See the module's comment. */
export function JobsTab(): React.JSX.Element {
  const { core, t, route } = useApp();
  const live = core.modelJobs();
  const view = useLive(live);
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
          <Older live={live} cursor={cursor} page={query => core.api.models.jobs(query)}>
            {t('models.older')}
          </Older>
        </>
      )}
    </Loadable>
  );
}
