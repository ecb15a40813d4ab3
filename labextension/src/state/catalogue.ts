/*
 * What the catalogue's pages work out: what is asked, how a repository stands, in which words.
 * Pure functions; the answers themselves are the service's.
 */
import { isKey, type Key } from '../i18n';
import type { Job } from '../protocol';
import type { CatalogueQuery, HubQuery, RepoType } from '../routes-catalogue';
import { ended } from './job';

/** What a reader has chosen in the catalogue. */
export interface CatalogueChoice {
  q: string;
  type: RepoType | '';
  task: string;
  trade: boolean;
  open: boolean;
  fits: boolean;
  sort: NonNullable<CatalogueQuery['sort']>;
}

export const EVERYTHING: CatalogueChoice = {
  q: '',
  type: '',
  task: '',
  trade: false,
  open: false,
  fits: false,
  sort: 'relevance'
};

export const HUB_START: HubQuery = {
  type: 'model',
  q: '',
  persian: true,
  sort: 'downloads'
};

/** The question that a choice means. */
export function questionOf(choice: CatalogueChoice): CatalogueQuery {
  return {
    q: choice.q.trim(),
    type: choice.type,
    task: choice.task,
    commercial: choice.trade ? 'yes' : '',
    gated: choice.open ? false : null,
    fits: choice.fits ? true : null,
    sort: choice.sort
  };
}

/** Whether a choice leaves anything out. */
export function narrows(choice: CatalogueChoice): boolean {
  return (
    choice.q.trim() !== '' ||
    choice.type !== '' ||
    choice.task !== '' ||
    choice.trade ||
    choice.open ||
    choice.fits
  );
}

/** A repository as a key; the Hub takes names of either case for the same. */
export function repoKey(type: string, repo: string): string {
  return `${type}:${repo.toLowerCase()}`;
}

/** The newest download of each repository; `jobs` are the newest first. */
export function latestOf(jobs: readonly Job[]): Map<string, Job> {
  const found = new Map<string, Job>();
  for (const job of jobs) {
    const key = repoKey(String(job.options?.['repo_type'] ?? 'model'), job.name);
    if (!found.has(key)) {
      found.set(key, job);
    }
  }
  return found;
}

/** How a repository stands, what tells most first. */
export type Stand =
  | 'running'
  | 'registered'
  | 'fetched'
  | 'closed'
  | 'failed'
  | 'absent';

export function standOf(
  repo: { installed: 'no' | 'registered' | 'fetched'; open?: boolean },
  job: Job | undefined
): Stand {
  if (job && !ended(job)) {
    return 'running';
  }
  if (repo.installed !== 'no') {
    return repo.installed;
  }
  if (repo.open === false) {
    return 'closed';
  }
  return job?.state === 'failed' ? 'failed' : 'absent';
}

/** The key of a task's words, or null where there are none and the Hub's own name serves. */
export function taskKey(task: string): Key | null {
  const key = `downloads.task_${task.replace(/-/g, '_')}`;
  return isKey(key) ? key : null;
}
