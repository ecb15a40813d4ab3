/*
 * Parts of a bundle on their way from this computer to the service, one after the other. What
 * arrived whole is not sent again, neither when the line broke nor when the same parts are chosen
 * once more.
 */
import * as React from 'react';

import { toApiError, type ApiError } from '../../errors';
import { useApp } from '../../hooks';
import type { BundleUpload } from '../../protocol';
import { unsent } from '../../state/bundles';
import type { Sent } from '../datasets/importing';
import { useSent } from '../datasets/useSent';
import { useRemembered } from '../downloads/remembered';

export interface Parts {
  files: readonly File[];
  /** What has arrived; null before the first part has. */
  set: BundleUpload | null;
  /** The part that is being sent, and how much of it. */
  now: File | null;
  sent: Sent | null;
  error: ApiError | null;
  /** Send these, and those that were chosen before. */
  send: (files: readonly File[]) => void;
  pause: () => void;
  /** Forget them, and have the service delete what came. */
  drop: () => void;
}

/** `onArrived` is told the folder when all that was chosen is there. */
export function useParts(onArrived: (path: string) => void): Parts {
  const { core, route, go } = useApp();
  const [files, setFiles] = React.useState<readonly File[]>([]);
  const [set, setSet] = useRemembered<BundleUpload | null>('bundle-set', null);
  const [now, setNow] = React.useState<File | null>(null);
  const [error, setError] = React.useState<ApiError | null>(null);
  const { sent, begin, end } = useSent();
  const arrived = React.useRef(onArrived);
  arrived.current = onArrived;

  // The set is part of the place, so that a reload knows what has arrived.
  const named = route.query?.['set'] ?? '';
  const place = React.useRef<(id: string) => void>(() => undefined);
  place.current = id => {
    const query = { ...route.query, set: id };
    go({ ...route, query });
  };
  React.useEffect(() => {
    if (named !== '' && set === null) {
      // A set that is gone is begun anew.
      core.api.bundles.sent(named).then(setSet, () => place.current(''));
    }
  }, [core, named, set, setSet]);

  const send = React.useCallback(
    (chosen: readonly File[]) => {
      const { signal, next } = begin();
      const names = new Set(chosen.map(file => file.name));
      const all = [...files.filter(file => !names.has(file.name)), ...chosen];
      setFiles(all);
      setError(null);
      const run = async (): Promise<void> => {
        let known = set;
        for (const file of unsent(all, known)) {
          setNow(file);
          known = await core.api.bundles.send(file, known?.id ?? '', next());
          setSet(known);
          place.current(known.id);
        }
        if (known && !signal.aborted) {
          arrived.current(known.path);
        }
      };
      run()
        .catch((reason: unknown) => {
          if (!signal.aborted) {
            setError(toApiError(reason));
          }
        })
        .finally(() => {
          if (!signal.aborted) {
            setNow(null);
          }
        });
    },
    [begin, core, files, set, setSet]
  );

  const pause = React.useCallback(() => {
    end();
    setNow(null);
  }, [end]);

  const drop = React.useCallback(() => {
    end();
    setFiles([]);
    setNow(null);
    setError(null);
    setSet(null);
    place.current('');
    if (set) {
      core.api.bundles.dropUpload(set.id).catch((reason: unknown) => {
        setError(toApiError(reason));
      });
    }
  }, [core, end, set, setSet]);

  return { files, set, now, sent, error, send, pause, drop };
}
