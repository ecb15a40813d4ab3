/*
 * The service over the kernel: the same words as over HTTP, carried by the widget's model. It owns
 * numbering and holes; a hole is healed by the next snapshot, which the kernel pushes by itself,
 * so nothing here waits for a kernel that is busy. It must not know what a route means.
 */
import { ApiError, unreachable } from '../errors';
import type { Event } from '../protocol';
import type {
  Ask,
  Connection,
  ConnectionHandlers,
  Frame,
  RequestOptions,
  Transport
} from '../transport';
import type { Delta, Reply, ServiceFacts, Snapshot, WidgetModel } from './model';
import { runScript } from './script';

/** How long a kernel may take to say something newer than what was pushed. */
const PATIENCE_MS = 2_000;
/** Events kept for who subscribes with an older number. */
const RING = 5_000;

interface Waiting {
  resolve(body: unknown): void;
  reject(reason: ApiError): void;
  onEvent?: (name: string, data: unknown) => void;
}

export class KernelTransport implements Transport {
  constructor(private readonly model: WidgetModel) {
    model.on('change:snapshot', () => this.takeSnapshot());
    model.on('change:delta', () => this.takeDelta());
    model.on('msg:custom', (reply: Reply) => this.takeReply(reply));
    this.takeSnapshot();
    this.takeDelta();
  }

  async request(
    method: string,
    path: string,
    options: RequestOptions = {}
  ): Promise<unknown> {
    const known = method === 'GET' && path in this.answers;
    if (known && !this.served.has(path)) {
      this.served.add(path);
      return structuredClone(this.answers[path]);
    }
    const asked = this.ask({ method, path, ...plain(options) }, options.signal);
    if (!known) {
      return asked;
    }
    // A busy kernel cannot answer; what it pushed last is at most some seconds old.
    const pushed = new Promise<unknown>(resolve => {
      setTimeout(() => resolve(structuredClone(this.answers[path])), PATIENCE_MS);
    });
    return Promise.race([asked, pushed]);
  }

  async stream(
    method: string,
    path: string,
    options: RequestOptions,
    onEvent: (name: string, data: unknown) => void
  ): Promise<void> {
    await this.ask(
      { method, path, stream: true, ...plain(options) },
      options.signal,
      onEvent
    );
  }

  connect(_query: Record<string, string>, handlers: ConnectionHandlers): Connection {
    const line = { handlers, topics: new Set<string>(), open: true };
    this.line = line;
    const facts = this.model.get('service') as ServiceFacts;
    queueMicrotask(() => {
      if (line.open) {
        handlers.onFrame({ type: 'hello', epoch: facts.epoch, seq: 0 });
      }
    });
    return {
      send: frame => this.change(frame),
      close: () => {
        line.open = false;
      }
    };
  }

  url(): string | null {
    // The browser reaches no service of ours from here.
    return null;
  }

  loadScript(path: string): Promise<void> {
    return runScript(path, async () => {
      let packed = this.packed(path);
      if (!packed) {
        this.model.send({ type: 'scripts' });
        packed = await new Promise<DataView>(resolve => {
          const look = (): void => {
            const found = this.packed(path);
            if (found) {
              this.model.off('change:scripts', look);
              resolve(found);
            }
          };
          this.model.on('change:scripts', look);
        });
      }
      const bytes = new Uint8Array(
        packed.buffer as ArrayBuffer,
        packed.byteOffset,
        packed.byteLength
      );
      const stream = new Blob([bytes])
        .stream()
        .pipeThrough(new DecompressionStream('gzip'));
      const source = await new Response(stream).blob();
      return URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    });
  }

  // --- what Python pushes -------------------------------------------------------------------

  private takeSnapshot(): void {
    const snapshot = this.model.get('snapshot') as Partial<Snapshot>;
    if (snapshot.answers === undefined || snapshot.n === undefined) {
      return;
    }
    const hole = this.last >= 0 && snapshot.n > this.last;
    this.answers = snapshot.answers;
    this.served.clear();
    if (this.last < 0 || hole) {
      this.last = snapshot.n;
    }
    if (hole) {
      this.ring = [];
      this.deliver({ type: 'resync', seq: 0 });
      this.takeDelta();
    }
  }

  private takeDelta(): void {
    const delta = this.model.get('delta') as Partial<Delta>;
    if (delta.n === undefined || delta.events === undefined || delta.n <= this.last) {
      return;
    }
    if (delta.n > this.last + 1) {
      // A batch is missing. The kernel sends a snapshot soon; asking makes it sooner.
      this.model.send({ type: 'heal' });
      return;
    }
    this.last = delta.n;
    for (const event of delta.events) {
      if (event.seq > 0) {
        this.ring.push(event);
      }
      if (this.line?.topics.has(event.topic)) {
        this.deliver(event);
      }
    }
    this.ring.splice(0, this.ring.length - RING);
  }

  private change(frame: Ask): void {
    const topics = this.line?.topics;
    for (const topic of frame.unsubscribe ?? []) {
      topics?.delete(topic);
    }
    for (const topic of frame.subscribe ?? []) {
      topics?.add(topic);
    }
    const wanted = new Set(frame.subscribe ?? []);
    const since = frame.since ?? 0;
    const missed = this.ring.filter(event => wanted.has(event.topic) && event.seq > since);
    queueMicrotask(() => missed.forEach(event => this.deliver(event)));
  }

  private deliver(frame: Frame | Event): void {
    if (this.line?.open) {
      this.line.handlers.onFrame(frame);
    }
  }

  private packed(path: string): DataView | null {
    const found = (this.model.get('scripts') as Record<string, DataView | undefined>)[path];
    return found && found.byteLength > 0 ? found : null;
  }

  // --- what the page asks -------------------------------------------------------------------

  private ask(
    ask: Record<string, unknown>,
    signal?: AbortSignal,
    onEvent?: (name: string, data: unknown) => void
  ): Promise<unknown> {
    const id = `${this.page}-${(this.asks += 1)}`;
    return new Promise<unknown>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, ...(onEvent ? { onEvent } : {}) });
      signal?.addEventListener('abort', () => {
        this.waiting.delete(id);
        this.model.send({ type: 'cancel', id });
        reject(new DOMException('cancelled', 'AbortError'));
      });
      this.model.send({ type: 'ask', id, ...ask });
    });
  }

  private takeReply(reply: Reply): void {
    // Every page of the widget hears every reply; ids say whose it is.
    const waiting = this.waiting.get(reply.id);
    if (!waiting) {
      return;
    }
    switch (reply.type) {
      case 'event':
        waiting.onEvent?.(reply.event, reply.data);
        return;
      case 'answer':
        waiting.resolve(reply.body ?? undefined);
        break;
      case 'end':
        waiting.resolve(undefined);
        break;
      case 'failed':
        waiting.reject(new ApiError(reply.error ?? unreachable(''), reply.status));
        break;
    }
    this.waiting.delete(reply.id);
  }

  /** Distinguishes this page's asks from those of others that show the same widget. */
  readonly page = crypto.getRandomValues(new Uint32Array(2)).join('');
  private answers: Record<string, unknown> = {};
  private readonly served = new Set<string>();
  private ring: Event[] = [];
  private last = -1;
  private line: {
    handlers: ConnectionHandlers;
    topics: Set<string>;
    open: boolean;
  } | null = null;
  private readonly waiting = new Map<string, Waiting>();
  private asks = 0;
}

/** What of a request can cross to the kernel: no form, for a file does not fit a message. */
function plain(options: RequestOptions): Record<string, unknown> {
  if (options.body instanceof FormData) {
    throw new ApiError(unreachable('', 'a file cannot be sent through the kernel'));
  }
  return {
    ...(options.body === undefined ? {} : { body: options.body }),
    ...(options.headers ? { headers: options.headers } : {})
  };
}
