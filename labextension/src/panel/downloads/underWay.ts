/*
 * The downloads, live, by repository; and what is counted of them.
 */
import * as React from 'react';

import { useApp, useLive } from '../../hooks';
import type { Job } from '../../protocol';
import { latestOf, repoKey } from '../../state/catalogue';
import { ended } from '../../state/job';

const NONE: readonly Job[] = [];

function useDownloads(): readonly Job[] {
  const { core } = useApp();
  return useLive(core.downloads()).state?.items ?? NONE;
}

/** The newest download of each repository by `repoKey`. */
export function useLatest(): Map<string, Job> {
  const items = useDownloads();
  return React.useMemo(() => latestOf(items), [items]);
}

/** The newest download of one repository. */
export function useDownload(type: string, repo: string): Job | undefined {
  return useLatest().get(repoKey(type, repo));
}

/** How many downloads are under way. */
export function useRunning(): number {
  return useDownloads().filter(job => !ended(job)).length;
}

/** How many downloads have been completed; a dependency of what lists installed things. */
export function useCompleted(): number {
  return useDownloads().filter(job => job.state === 'completed').length;
}
