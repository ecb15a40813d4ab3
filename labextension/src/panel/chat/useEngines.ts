/**
 * Which models are in memory. Engines have no events of their own, so they are asked for: soon
 * again while something is changing, seldom otherwise, never while the tab is hidden.
 */
import * as React from 'react';

import { useAction, useApp } from '../../hooks';
import type { Engine } from '../../protocol';
import type { ApiError } from '../../errors';

const SOON_MS = 1000;
const SELDOM_MS = 10_000;

/** What the hook gives. */
export interface Engines {
  /** The engine of a model, or undefined when it is not in memory. */
  of: (modelId: string) => Engine | undefined;
  load: (modelId: string) => Promise<void>;
  unload: (modelId: string) => Promise<void>;
  error: ApiError | null;
  clear: () => void;
}

/** `busy`: an answer is being written, so that an engine may be loading for it. */
export function useEngines(busy: boolean): Engines {
  const { core } = useApp();
  const [engines, setEngines] = React.useState<Engine[]>([]);
  const [round, setRound] = React.useState(0);
  const loading = engines.some(engine => engine.state === 'loading');
  React.useEffect(() => {
    let timer: number | undefined;
    let current = true;
    const ask = async (): Promise<void> => {
      if (!document.hidden) {
        try {
          const answer = await core.api.chat.engines();
          if (current) {
            setEngines(answer);
          }
        } catch {
          // The page already says that the service is away; the next round may find it.
        }
      }
      if (current) {
        timer = window.setTimeout(() => void ask(), busy || loading ? SOON_MS : SELDOM_MS);
      }
    };
    void ask();
    return () => {
      current = false;
      window.clearTimeout(timer);
    };
  }, [core, busy, loading, round]);
  const change = useAction(async (modelId: string, load: boolean) => {
    if (load) {
      await core.api.chat.load(modelId);
    } else {
      await core.api.chat.unload(modelId);
    }
    setRound(n => n + 1);
  });
  return {
    of: modelId => engines.find(engine => engine.model_id === modelId),
    load: modelId => change.run(modelId, true),
    unload: modelId => change.run(modelId, false),
    error: change.error,
    clear: change.clear
  };
}
