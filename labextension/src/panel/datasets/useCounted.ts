/**
 * An answer that may still be counted when it is asked for: it is asked for again until it is there.
 */
import * as React from 'react';

import { useRequest, type Loaded } from '../../hooks';

/** How long the service is left to count, in milliseconds. */
const AGAIN_MS = 1_500;

/** As `useRequest`; that something is still being counted is no error here. */
export function useCounted<T>(ask: () => Promise<T>, deps: readonly unknown[]): Loaded<T> {
  const asked = useRequest(ask, deps);
  const { error, reload } = asked;
  const counting = error?.body.code === 'still_counting';
  React.useEffect(() => {
    if (!counting) {
      return undefined;
    }
    const timer = window.setTimeout(reload, AGAIN_MS);
    return () => window.clearTimeout(timer);
    // Each failed try is a new error, after which one waits anew.
  }, [counting, error, reload]);
  return counting ? { ...asked, error: null } : asked;
}
