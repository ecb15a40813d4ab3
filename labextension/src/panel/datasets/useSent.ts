/*
 * How much of a file is on its way to the service, and how fast. One file at a time: beginning
 * another, or leaving the page, ends the one before.
 */
import * as React from 'react';

import { speedometer, type Sent } from './importing';

/** What a request that sends a file is given. */
export interface Sending {
  signal: AbortSignal;
  onProgress: (done: number, total: number) => void;
}

export interface OnTheWay {
  /** null before the first bytes have gone. */
  sent: Sent | null;
  /** Ends what is on the way and begins anew; `next` is called once for each file. */
  begin: () => { signal: AbortSignal; next: () => Sending };
  end: () => void;
}

/** See the module's comment. */
export function useSent(): OnTheWay {
  const [sent, setSent] = React.useState<Sent | null>(null);
  const ending = React.useRef<AbortController | null>(null);
  const end = React.useCallback(() => ending.current?.abort(), []);
  React.useEffect(() => end, [end]);
  const begin = React.useCallback(() => {
    end();
    const abort = new AbortController();
    const { signal } = abort;
    ending.current = abort;
    const next = (): Sending => {
      setSent(null);
      const speed = speedometer();
      return {
        signal,
        onProgress: (done, total) => {
          if (!signal.aborted) {
            setSent({ sent: done, total, speed: speed(performance.now(), done) });
          }
        }
      };
    };
    return { signal, next };
  }, [end]);
  return { sent, begin, end };
}
