/*
 * Steps that a user has put together for a dataset and not yet made a version of. They outlive tabs
 * and a reload of the page, in this browser tab only.
 */
import { useCallback, useSyncExternalStore } from 'react';

import type { Step } from './steps';

export interface Draft {
  /** The version to begin from; null means the newest. */
  version: number | null;
  steps: readonly Step[];
  note: string;
}

export const NO_DRAFT: Draft = { version: null, steps: [], note: '' };

const drafts = new Map<string, Draft>();
const watchers = new Set<() => void>();

function keyOf(dataset: string): string {
  return `persian-ai:steps:${dataset}`;
}

/** The storage of the browser tab; a page that is denied it forgets at a reload, no more. */
function storage(): Storage | null {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}

/** The draft of a dataset. */
export function draftOf(dataset: string): Draft {
  let draft = drafts.get(dataset);
  if (!draft) {
    try {
      const kept = JSON.parse(storage()?.getItem(keyOf(dataset)) ?? 'null') as Draft | null;
      draft = kept && Array.isArray(kept.steps) ? kept : NO_DRAFT;
    } catch {
      draft = NO_DRAFT;
    }
    drafts.set(dataset, draft);
  }
  return draft;
}

/** Keeps a draft. */
export function keepDraft(dataset: string, draft: Draft): void {
  drafts.set(dataset, draft);
  try {
    storage()?.setItem(keyOf(dataset), JSON.stringify(draft));
  } catch {
    // A full storage: the draft lives as long as the page.
  }
  for (const watcher of [...watchers]) {
    watcher();
  }
}

/** The draft of a dataset, and the way to change it. */
export function useDraft(
  dataset: string
): [Draft, (change: Partial<Draft> | ((draft: Draft) => Partial<Draft>)) => void] {
  const draft = useSyncExternalStore(
    useCallback(callback => {
      watchers.add(callback);
      return () => watchers.delete(callback);
    }, []),
    () => draftOf(dataset)
  );
  const change = useCallback(
    (made: Partial<Draft> | ((draft: Draft) => Partial<Draft>)) => {
      const old = draftOf(dataset);
      keepDraft(dataset, { ...old, ...(typeof made === 'function' ? made(old) : made) });
    },
    [dataset]
  );
  return [draft, change];
}
