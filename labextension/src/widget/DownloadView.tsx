/*
 * One download in a notebook: the row of the panel's page, live by itself.
 */
import * as React from 'react';

import { Card } from '../components/basics';
import { Loadable } from '../components/states';
import type { Core } from '../core';
import { useApp, useLive } from '../hooks';
import { DownloadRow } from '../panel/downloads/DownloadRow';
import type { Event, Job } from '../protocol';
import { reduceJob } from '../state/job';
import type { Live } from '../state/live';

/** The live download of an id, whichever page of the list it stands on. */
export function liveDownload(core: Core, id: string): Live<Job> {
  return core.live(`download:${id}`, () => ({
    topic: `job:${id}`,
    load: async () => {
      const job = await core.api.downloads.get(id);
      return { state: job, since: job.seq };
    },
    reduce: (job: Job, event: Event) => reduceJob(job, event)
  }));
}

export function DownloadView({ id }: { id: string }): React.JSX.Element {
  const { core } = useApp();
  const view = useLive(liveDownload(core, id));
  return (
    <Card>
      <div className="pai-notebook-part">
        <Loadable view={view}>{job => <DownloadRow job={job} />}</Loadable>
      </div>
    </Card>
  );
}
