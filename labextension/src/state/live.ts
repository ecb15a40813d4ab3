/*
 * Snapshot, then events: one small store per thing that is shown, shared by everything that shows
 * it. It owns loading, failing, resync and leaving; what an event means is the reducer's part.
 */
import { toApiError, type ApiError } from '../errors';
import type { Event } from '../protocol';
import type { EventStream } from '../stream';

/** How a live thing is loaded and kept. */
export interface LiveSource<State> {
  topic: string;
  /** Takes the snapshot; `since` is the event number from which the stream goes on. */
  load(): Promise<{ state: State; since: number }>;
  reduce(state: State, event: Event): State;
}

export interface LiveView<State> {
  /** undefined before the first snapshot. */
  state: State | undefined;
  /** The last failure of loading; the state, if any, stays. */
  error: ApiError | null;
}

/** A service that was away is asked again by itself. */
const AGAIN_MS = 5_000;

export class Live<State> {
  constructor(
    private readonly stream: EventStream,
    private readonly source: LiveSource<State>
  ) {}

  /** What to show now; a new object at each change. */
  readonly view = (): LiveView<State> => this.current;

  /** Watch changes; loads at the first watcher and leaves the topic with the last. */
  readonly watch = (callback: () => void): (() => void) => {
    this.watchers.add(callback);
    if (this.watchers.size === 1) {
      this.load();
    }
    return () => {
      this.watchers.delete(callback);
      if (this.watchers.size === 0) {
        this.run += 1;
        clearTimeout(this.again);
        this.leave?.();
        this.leave = null;
      }
    };
  };

  /** Take the snapshot again. */
  readonly reload = (): void => {
    if (this.watchers.size > 0) {
      this.load();
    }
  };

  /** Change the state from here, as after a request's answer. */
  readonly update = (change: (state: State) => State): void => {
    if (this.current.state !== undefined) {
      this.show({ state: change(this.current.state), error: null });
    }
  };

  private load(): void {
    clearTimeout(this.again);
    this.run += 1;
    const run = this.run;
    this.source.load().then(
      ({ state, since }) => {
        if (run !== this.run) {
          return;
        }
        this.leave?.();
        this.show({ state, error: null });
        this.leave = this.stream.subscribe(this.source.topic, since, {
          onEvents: events => this.take(events),
          onResync: () => this.reload()
        });
      },
      (reason: unknown) => {
        if (run === this.run) {
          const error = toApiError(reason);
          this.show({ state: this.current.state, error });
          if (error.status === 0 || error.status >= 502) {
            this.again = setTimeout(this.reload, AGAIN_MS);
          }
        }
      }
    );
  }

  private take(events: Event[]): void {
    const before = this.current.state;
    if (before === undefined) {
      return;
    }
    const after = events.reduce<State>(
      (state, event) => this.source.reduce(state, event),
      before
    );
    if (after !== before) {
      this.show({ state: after, error: null });
    }
  }

  private show(view: LiveView<State>): void {
    this.current = view;
    for (const watcher of [...this.watchers]) {
      watcher();
    }
  }

  private current: LiveView<State> = { state: undefined, error: null };
  private readonly watchers = new Set<() => void>();
  private leave: (() => void) | null = null;
  private run = 0;
  private again: ReturnType<typeof setTimeout> | undefined;
}
