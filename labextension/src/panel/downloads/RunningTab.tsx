/**
 * What is under way and what has been downloaded, and asking for a repository by its id.
 */
import * as React from 'react';

import { DownloadForm } from './DownloadForm';
import { DownloadRow } from './DownloadRow';
import { Button, Card } from '../../components/basics';
import { Older } from '../../components/Older';
import { Empty, Loadable, Skeleton } from '../../components/states';
import { useApp, useLive } from '../../hooks';

/** See the module's comment. */
export function RunningTab(): React.JSX.Element {
  const { core, t, go } = useApp();
  const live = core.downloads();
  const view = useLive(live);
  return (
    <>
      <Loadable view={view} skeleton={<Skeleton height={160} />}>
        {({ items, cursor }) =>
          items.length === 0 ? (
            <Card>
              <Empty
                icon="downloads"
                title={t('downloads.empty')}
                action={
                  <Button onClick={() => go({ page: 'downloads', view: 'catalogue' })}>
                    {t('downloads.to_catalogue')}
                  </Button>
                }
              >
                {t('downloads.empty_help')}
              </Empty>
            </Card>
          ) : (
            <>
              <Card>
                <ul className="pai-list" aria-label={t('downloads.tab_running')}>
                  {items.map(job => (
                    <li key={job.id}>
                      <DownloadRow job={job} />
                    </li>
                  ))}
                </ul>
              </Card>
              <Older
                live={live}
                cursor={cursor}
                page={query => core.api.downloads.page(query)}
              >
                {t('downloads.older')}
              </Older>
            </>
          )
        }
      </Loadable>
      <DownloadForm />
    </>
  );
}
