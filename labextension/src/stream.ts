/*
 * The live connection: one for all that a page shows. It owns topics, cursors, reconnecting and
 * resync, and promises each listener every event after its snapshot once and in order, or a call
 * to `resync`. It must not know what an event means.
 *
 * Why a ring per topic: a second listener may come with an older snapshot than the topic's cursor;
 * it is served from the ring, so that replay and live never overtake each other on the wire.
 */
import type { Event } from './protocol';
import type { Ask, Connection, Frame, Transport } from './transport';

/** What a listener of a topic is told. */
export interface Listener {
  /** Events with a higher number than the snapshot's, ascending; ephemeral ones have 0. */
  onEvents(events: Event[]): void;
  /** Something may be missing: take a snapshot and subscribe anew with its number. */
  onResync(): void;
}

export type StreamState = 'connecting' | 'open' | 'waiting';

interface Topic {
  /** Events in the ring are complete after this number. */
  from: number;
  last: number;
  ring: Event[];
  /** Each listener and the number up to which it knows everything. */
  listeners: Map<Listener, number>;
  closing: ReturnType<typeof setTimeout> | null;
  asked: boolean;
}

const RING = 500;
// Longer than any frame stays on the way, so that leaving and coming back misses nothing.
const LINGER_MS = 30_000;
const FIRST_DELAY_MS = 400;
const MAX_DELAY_MS = 15_000;

/** The wait before the nth try, in milliseconds: doubling, with jitter of one half. */
export function backoff(tries: number, random = Math.random()): number {
  const ceiling = Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(tries, 10));
  return ceiling / 2 + (ceiling / 2) * random;
}

export class EventStream {
  constructor(private readonly transport: Transport) {}

  /** Where the connection stands. */
  get state(): StreamState {
    return this.current;
  }

  /** Calls back whenever `state` changes; returns the way to stop. */
  onState(callback: () => void): () => void {
    this.watchers.add(callback);
    return () => this.watchers.delete(callback);
  }

  /** Events of `topic` after `since` (the snapshot's number); returns the way to leave. */
  subscribe(topic: string, since: number, listener: Listener): () => void {
    let entry = this.topics.get(topic);
    if (!entry) {
      entry = {
        from: since,
        last: since,
        ring: [],
        listeners: new Map(),
        closing: null,
        asked: false
      };
      this.topics.set(topic, entry);
    }
    if (entry.closing !== null) {
      clearTimeout(entry.closing);
      entry.closing = null;
    }
    entry.listeners.set(listener, since);
    if (since < entry.from) {
      queueMicrotask(() => listener.onResync());
    } else {
      this.tell(entry, listener, entry.ring);
    }
    if (!this.connection && this.timer === null) {
      this.open();
    } else if (!entry.asked && this.current === 'open') {
      this.ask(topic, entry);
    }
    return () => this.leave(topic, listener);
  }

  /** Try now instead of waiting. */
  reconnect(): void {
    if (this.current === 'waiting') {
      this.tries = 0;
      this.open();
    }
  }

  /** Close for good. */
  dispose(): void {
    this.disposed = true;
    if (this.timer !== null) {
      clearTimeout(this.timer);
    }
    for (const topic of this.topics.values()) {
      if (topic.closing !== null) {
        clearTimeout(topic.closing);
      }
    }
    this.topics.clear();
    this.connection?.close();
    this.connection = null;
  }

  private open(): void {
    if (this.disposed) {
      return;
    }
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
    this.move('connecting');
    const query: Record<string, string> = this.epoch ? { epoch: this.epoch } : {};
    this.connection = this.transport.connect(query, {
      onFrame: frame => this.receive(frame),
      onClose: () => this.lost()
    });
  }

  private lost(): void {
    this.connection = null;
    for (const topic of this.topics.values()) {
      topic.asked = false;
    }
    if (this.disposed) {
      return;
    }
    this.move('waiting');
    this.timer = setTimeout(() => {
      this.timer = null;
      this.open();
    }, backoff(this.tries));
    this.tries += 1;
  }

  private receive(frame: Frame): void {
    if (frame.type === 'hello' && 'epoch' in frame) {
      this.welcome(frame.epoch);
    } else if (frame.type === 'resync' && !('topic' in frame)) {
      // A new connection, because frames of the old one may still be on their way.
      this.connection?.close();
      this.lost();
      this.resyncAll();
    } else if ('topic' in frame) {
      this.deliver(frame);
    }
  }

  private welcome(epoch: string): void {
    const anew = this.epoch !== '' && this.epoch !== epoch;
    this.epoch = epoch;
    this.tries = 0;
    this.move('open');
    if (anew) {
      this.resyncAll();
      return;
    }
    for (const [name, topic] of this.topics) {
      if (topic.closing === null) {
        this.ask(name, topic);
      }
    }
  }

  private ask(name: string, topic: Topic): void {
    const frame: Ask = { subscribe: [name], since: topic.last };
    topic.asked = true;
    this.connection?.send(frame);
  }

  private deliver(event: Event): void {
    const topic = this.topics.get(event.topic);
    if (!topic) {
      return;
    }
    if (event.seq > 0) {
      if (event.seq <= topic.last) {
        return;
      }
      topic.last = event.seq;
      topic.ring.push(event);
      if (topic.ring.length > RING) {
        topic.from = topic.ring.shift()?.seq ?? topic.from;
      }
    }
    for (const listener of [...topic.listeners.keys()]) {
      this.tell(topic, listener, [event]);
    }
  }

  /** Gives a listener what it does not know yet. */
  private tell(topic: Topic, listener: Listener, events: Event[]): void {
    const known = topic.listeners.get(listener);
    if (known === undefined) {
      return;
    }
    const news = events.filter(event => event.seq === 0 || event.seq > known);
    if (news.length) {
      topic.listeners.set(listener, Math.max(known, news[news.length - 1]?.seq ?? 0));
      listener.onEvents(news);
    }
  }

  private leave(name: string, listener: Listener): void {
    const topic = this.topics.get(name);
    if (!topic || !topic.listeners.delete(listener) || topic.listeners.size > 0) {
      return;
    }
    topic.closing = setTimeout(() => {
      this.topics.delete(name);
    }, LINGER_MS);
    if (topic.asked) {
      topic.asked = false;
      this.connection?.send({ unsubscribe: [name] });
    }
  }

  /** Every listener starts over. Topics are dropped first, so that they begin anew. */
  private resyncAll(): void {
    const listeners: Listener[] = [];
    for (const topic of this.topics.values()) {
      if (topic.closing !== null) {
        clearTimeout(topic.closing);
      }
      listeners.push(...topic.listeners.keys());
    }
    this.topics.clear();
    for (const listener of listeners) {
      listener.onResync();
    }
  }

  private move(state: StreamState): void {
    if (this.current !== state) {
      this.current = state;
      for (const watcher of [...this.watchers]) {
        watcher();
      }
    }
  }

  private readonly topics = new Map<string, Topic>();
  private readonly watchers = new Set<() => void>();
  private connection: Connection | null = null;
  private current: StreamState = 'waiting';
  private epoch = '';
  private tries = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private disposed = false;
}
