import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Event } from '../protocol';
import { Live } from '../state/live';
import { backoff, EventStream, type Listener } from '../stream';
import type { Ask, ConnectionHandlers, Frame, Transport } from '../transport';

/** A service with one log of events, and connections that can be cut. */
class Service implements Transport {
  events: Event[] = [];
  epoch = 'e1';
  connections: { handlers: ConnectionHandlers; topics: Set<string>; asked: Ask[] }[] = [];

  request(): Promise<unknown> {
    return Promise.resolve(undefined);
  }

  stream(): Promise<void> {
    return Promise.resolve();
  }

  url(): null {
    return null;
  }

  loadScript(): Promise<void> {
    return Promise.resolve();
  }

  connect(
    _query: Record<string, string>,
    handlers: ConnectionHandlers
  ): { send(f: Ask): void; close(): void } {
    const entry = { handlers, topics: new Set<string>(), asked: [] as Ask[] };
    this.connections.push(entry);
    queueMicrotask(() =>
      handlers.onFrame({ type: 'hello', epoch: this.epoch, seq: this.events.length })
    );
    return {
      send: frame => {
        entry.asked.push(frame);
        for (const topic of frame.unsubscribe ?? []) {
          entry.topics.delete(topic);
        }
        for (const topic of frame.subscribe ?? []) {
          entry.topics.add(topic);
          for (const event of this.events) {
            if (event.topic === topic && event.seq > (frame.since ?? 0)) {
              handlers.onFrame(event);
            }
          }
        }
      },
      close: () => this.connections.splice(this.connections.indexOf(entry), 1)
    };
  }

  get live(): (typeof this.connections)[number] {
    const last = this.connections.at(-1);
    if (!last) {
      throw new Error('nothing is connected');
    }
    return last;
  }

  publish(topic: string): void {
    const event: Event = {
      seq: this.events.length + 1,
      time: '',
      topic,
      type: 'progress',
      data: {}
    };
    this.events.push(event);
    for (const { handlers, topics } of this.connections) {
      if (topics.has(topic)) {
        handlers.onFrame(event);
      }
    }
  }

  cut(): void {
    const lost = this.live;
    this.connections.pop();
    lost.handlers.onClose();
  }

  say(frame: Frame): void {
    this.live.handlers.onFrame(frame);
  }
}

function recorder(): Listener & { seen: number[]; resyncs: number } {
  const record = {
    seen: [] as number[],
    resyncs: 0,
    onEvents: (events: Event[]) => void record.seen.push(...events.map(event => event.seq)),
    onResync: () => void (record.resyncs += 1)
  };
  return record;
}

describe('the stream', () => {
  let service: Service;
  let stream: EventStream;

  beforeEach(() => {
    vi.useFakeTimers();
    service = new Service();
    stream = new EventStream(service);
  });

  afterEach(() => {
    stream.dispose();
    vi.useRealTimers();
  });

  const settle = (ms = 20_000): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

  it('brings what came after the snapshot, then what comes', async () => {
    service.publish('jobs');
    service.publish('jobs');
    const one = recorder();
    stream.subscribe('jobs', 1, one);
    await settle();
    service.publish('other');
    service.publish('jobs');
    expect(one.seen).toEqual([2, 4]);
  });

  it('repeats and misses nothing over a lost connection', async () => {
    const one = recorder();
    stream.subscribe('jobs', 0, one);
    await settle();
    service.publish('jobs');
    service.cut();
    service.publish('jobs');
    service.publish('jobs');
    await settle();
    service.publish('jobs');
    expect(one.seen).toEqual([1, 2, 3, 4]);
    expect(one.resyncs).toBe(0);
  });

  it('serves a second listener with an older snapshot from its ring', async () => {
    const one = recorder();
    const two = recorder();
    stream.subscribe('jobs', 0, one);
    await settle();
    service.publish('jobs');
    service.publish('jobs');
    stream.subscribe('jobs', 1, two);
    service.publish('jobs');
    expect(one.seen).toEqual([1, 2, 3]);
    expect(two.seen).toEqual([2, 3]);
    expect(service.live.asked).toHaveLength(1);
  });

  it('gives a listener whose snapshot is newer only what is newer still', async () => {
    const one = recorder();
    const two = recorder();
    stream.subscribe('jobs', 0, one);
    await settle();
    stream.subscribe('jobs', 2, two);
    service.publish('jobs');
    service.publish('jobs');
    service.publish('jobs');
    expect(one.seen).toEqual([1, 2, 3]);
    expect(two.seen).toEqual([3]);
  });

  it('asks for a snapshot where the ring does not reach back', async () => {
    const one = recorder();
    const two = recorder();
    stream.subscribe('jobs', 5, one);
    stream.subscribe('jobs', 3, two);
    await settle();
    expect(two.resyncs).toBe(1);
    expect(one.resyncs).toBe(0);
  });

  it('misses nothing when the last listener leaves and comes back at once', async () => {
    const one = recorder();
    const leave = stream.subscribe('jobs', 0, one);
    await settle();
    service.publish('jobs');
    leave();
    service.publish('jobs');
    const two = recorder();
    stream.subscribe('jobs', 1, two);
    service.publish('jobs');
    expect(two.seen).toEqual([2, 3]);
    expect(one.seen).toEqual([1]);
  });

  it('starts everything over when the store is another one', async () => {
    const one = recorder();
    stream.subscribe('jobs', 0, one);
    await settle();
    service.epoch = 'e2';
    service.cut();
    await settle();
    expect(one.resyncs).toBe(1);
  });

  it('starts over on a new connection when it fell too far behind', async () => {
    const one = recorder();
    stream.subscribe('jobs', 0, one);
    await settle();
    const first = service.live;
    service.say({ type: 'resync', seq: 9 });
    expect(one.resyncs).toBe(1);
    await settle();
    expect(service.live).not.toBe(first);
  });

  it('passes ephemeral events on', async () => {
    const one = recorder();
    stream.subscribe('system', 0, one);
    await settle();
    const reading: Event = { seq: 0, time: '', topic: 'system', type: 'system', data: {} };
    service.say(reading);
    service.say(reading);
    expect(one.seen).toEqual([0, 0]);
  });

  it('waits longer after each failure, with jitter, but never too long', () => {
    expect(backoff(0, 0)).toBeLessThan(backoff(0, 1));
    expect(backoff(3, 0)).toBeGreaterThan(backoff(0, 1));
    expect(backoff(50, 1)).toBeLessThanOrEqual(15_000);
  });

  it('keeps a live store whole through a resync', async () => {
    const live = new Live<number[]>(stream, {
      topic: 'jobs',
      load: () =>
        Promise.resolve({
          state: service.events.map(event => event.seq),
          since: service.events.length
        }),
      reduce: (state, event) => [...state, event.seq]
    });
    service.publish('jobs');
    const stop = live.watch(() => undefined);
    await settle();
    service.publish('jobs');
    service.say({ type: 'resync', seq: 2 });
    service.publish('jobs');
    await settle();
    service.publish('jobs');
    expect(live.view().state).toEqual([1, 2, 3, 4]);
    stop();
  });
});
