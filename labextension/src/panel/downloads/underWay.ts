/*
 * The downloads under way, live, by repository; and a number that grows when one ends, for what
 * has to be asked again then.
 */
import * as React from 'react';

import { useApp, useLive } from '../../hooks';
import type { Job } from '../../protocol';
import { repoKey, underWay } from '../../state/catalogue';

/** The downloads under way by `repoKey`. */
export function useUnderWay(): Map<string, Job> {
  const { core } = useApp();
  const items = useLive(core.downloads()).state?.items;
  return React.useMemo(() => underWay(items ?? []), [items]);
}

/** The download of one repository, if it is under way. */
export function useDownload(type: string, repo: string): Job | undefined {
  return useUnderWay().get(repoKey(type, repo));
}

/** How many downloads have been completed; a dependency of what lists installed things. */
export function useCompleted(): number {
  const { core } = useApp();
  const items = useLive(core.downloads()).state?.items ?? [];
  return items.filter(job => job.state === 'completed').length;
}
