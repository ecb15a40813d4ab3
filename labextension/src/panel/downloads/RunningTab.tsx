/**
 * What is under way and what has been downloaded, and asking for a repository by its id.
 */
import * as React from 'react';

import { DownloadForm } from './DownloadForm';
import { DownloadRow } from './DownloadRow';
import { Button, Card } from '../../components/basics';
import { Empty, Failure, Loadable, Skeleton } from '../../components/states';
import { useAction, useApp, useLive } from '../../hooks';
import { append } from '../../state/list';

/** See the module's comment. */
export function RunningTab(): React.JSX.Element {
  const { core, t, go } = useApp();
  const live = core.downloads();
  const view = useLive(live);
  const older = useAction(async (cursor: string) => {
    const page = await core.api.downloads.page({ limit: 50, cursor });
    live.update(state => append(state, page));
  });
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
              {cursor === null ? null : (
                <Button
                  kind="quiet"
                  busy={older.busy}
                  onClick={() => void older.run(cursor)}
                >
                  {t('downloads.older')}
                </Button>
              )}
              {older.error ? <Failure error={older.error} onClose={older.clear} /> : null}
            </>
          )
        }
      </Loadable>
      <DownloadForm />
    </>
  );
}
