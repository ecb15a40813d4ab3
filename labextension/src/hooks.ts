/*
 * React's view of the core: the context and the hooks that pages use.
 */
import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useRef,
  useState,
  useSyncExternalStore
} from 'react';

import type { Core, Locale } from './core';
import { toApiError, type ApiError } from './errors';
import type { Route } from './route';
import type { Live, LiveView } from './state/live';

/** Where this page is, and how it goes elsewhere within its own tab. */
export interface Place {
  route: Route;
  /** Go to a place: within this tab when the page is the same, else its own tab. */
  go(route: Route, options?: { beside?: boolean }): void;
}

export interface App extends Place, Locale {
  core: Core;
  /** Whether JupyterLab's theme is dark. */
  dark: boolean;
}

export const AppContext = createContext<App | null>(null);

/** Everything a page needs: core (api, stream, stores), t, fmt, lang, dark, route, go. */
export function useApp(): App {
  const app = useContext(AppContext);
  if (!app) {
    throw new Error('useApp outside of AppRoot');
  }
  return app;
}

/** The view of a live store, kept while the component is on the page. */
export function useLive<State>(
  live: Live<State>
): LiveView<State> & { reload: () => void } {
  const view = useSyncExternalStore(live.watch, live.view);
  return { ...view, reload: live.reload };
}

/** The views of several live stores, in their order; the same array while none changes. */
export function useLives<State>(lives: readonly Live<State>[]): LiveView<State>[] {
  const stores = useRef(lives);
  const same =
    stores.current.length === lives.length &&
    lives.every((live, index) => live === stores.current[index]);
  if (!same) {
    stores.current = lives;
  }
  const { current } = stores;
  const shown = useRef<LiveView<State>[]>([]);
  const watch = useCallback(
    (callback: () => void) => {
      const leaves = current.map(live => live.watch(callback));
      return () => leaves.forEach(leave => leave());
    },
    [current]
  );
  return useSyncExternalStore(watch, () => {
    const views = current.map(live => live.view());
    const old = shown.current;
    if (views.length !== old.length || views.some((view, index) => view !== old[index])) {
      shown.current = views;
    }
    return shown.current;
  });
}

export interface Loaded<T> {
  data: T | undefined;
  error: ApiError | null;
  reload: () => void;
}

/** The answer of a request, asked again when `deps` change; the last answer stays meanwhile. */
export function useRequest<T>(ask: () => Promise<T>, deps: readonly unknown[]): Loaded<T> {
  const [answer, setAnswer] = useState<{ data: T | undefined; error: ApiError | null }>({
    data: undefined,
    error: null
  });
  const [round, setRound] = useState(0);
  const latest = useRef(ask);
  latest.current = ask;
  const key = JSON.stringify(deps);
  useEffect(() => {
    let current = true;
    latest.current().then(
      data => {
        if (current) {
          setAnswer({ data, error: null });
        }
      },
      (reason: unknown) => {
        if (current) {
          setAnswer(old => ({ data: old.data, error: toApiError(reason) }));
        }
      }
    );
    return () => {
      current = false;
    };
  }, [key, round]);
  const reload = useCallback(() => setRound(n => n + 1), []);
  return { ...answer, reload };
}

export interface Action<Args extends unknown[]> {
  run: (...args: Args) => Promise<void>;
  busy: boolean;
  error: ApiError | null;
  clear: () => void;
}

/** A request that a press makes: busy meanwhile, its failure kept to be shown. */
export function useAction<Args extends unknown[]>(
  act: (...args: Args) => Promise<unknown>
): Action<Args> {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);
  const latest = useRef(act);
  latest.current = act;
  const alive = useRef(true);
  useEffect(() => {
    alive.current = true;
    return () => {
      alive.current = false;
    };
  }, []);
  const run = useCallback(async (...args: Args): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      await latest.current(...args);
    } catch (reason) {
      if (alive.current) {
        setError(toApiError(reason));
      }
    } finally {
      if (alive.current) {
        setBusy(false);
      }
    }
  }, []);
  const clear = useCallback(() => setError(null), []);
  return { run, busy, error, clear };
}

/** The time, anew every `seconds`, for words such as "3 minutes ago". */
export function useNow(seconds = 30): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), seconds * 1000);
    return () => clearInterval(timer);
  }, [seconds]);
  return now;
}
