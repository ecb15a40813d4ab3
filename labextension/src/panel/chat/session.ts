/**
 * The conversation that a chat page has open: asking, reading the answer's stream, stopping, and
 * following an answer that another tab, or this one before a reload, had asked for.
 *
 * An answer is written by the service whether or not anybody reads it. So leaving only stops our
 * reading, and coming back means taking the stored text again until its state is settled. Knows no
 * React; what is shown is `thread.ts`'s reduction.
 */
import type { Api } from '../../api';
import { toApiError } from '../../errors';
import type {
  ConversationAsk,
  ConversationPatch,
  DoneEvent,
  ErrorBody,
  Message,
  TokenEvent,
  Usage
} from '../../protocol';
import {
  EMPTY,
  reduceThread,
  streamingAnswer,
  type Thread,
  type ThreadAction
} from './thread';

/** Tokens are put on the screen together, this often: each costs a layout. */
const SHOW_MS = 40;

/** A growing answer that we do not read ourselves is taken again this often. */
const FOLLOW_MS = 700;

export class ChatSession {
  constructor(private readonly api: Api) {}

  /** The open conversation; null is one that does not exist yet. */
  get id(): string | null {
    return this.conversation;
  }

  readonly view = (): Thread => this.thread;

  readonly watch = (callback: () => void): (() => void) => {
    this.watchers.add(callback);
    return () => this.watchers.delete(callback);
  };

  /** Show another conversation; what is being read here goes on in the service. */
  open(id: string | null): void {
    if (id === this.conversation) {
      return;
    }
    this.leave();
    this.conversation = id;
    this.show({ type: 'opened' });
    if (id !== null) {
      void this.refresh();
    }
  }

  /** Take the stored conversation again. */
  async refresh(): Promise<void> {
    const id = this.conversation;
    if (id === null) {
      return;
    }
    clearTimeout(this.following);
    try {
      const detail = await this.api.chat.get(id);
      if (id !== this.conversation) {
        return;
      }
      this.show({ type: 'snapshot', detail });
      if (!this.thread.reading && streamingAnswer(this.thread) !== null) {
        this.following = setTimeout(() => void this.refresh(), FOLLOW_MS);
      }
    } catch (reason) {
      if (id === this.conversation) {
        this.fail(toApiError(reason).body);
      }
    }
  }

  /**
   * Ask something. Without an open conversation one is made from `draft` first, and `onMade` is
   * told its id. Resolves to whether the question was stored; if not, its text is not lost: the
   * caller still has it.
   */
  async send(
    text: string,
    draft: ConversationAsk,
    onMade: (id: string) => void
  ): Promise<boolean> {
    this.show({ type: 'asked', text });
    try {
      if (this.conversation === null) {
        const made = await this.api.chat.create(draft);
        this.conversation = made.id;
        this.show({ type: 'snapshot', detail: { ...made, messages: [] } });
        onMade(made.id);
      }
    } catch (reason) {
      this.fail(toApiError(reason).body);
      return false;
    }
    const id = this.conversation;
    return this.read((onEvent, signal) => this.api.chat.send(id, text, onEvent, signal));
  }

  /** Ask for another answer to the last question. */
  async regenerate(): Promise<void> {
    const id = this.conversation;
    if (id !== null) {
      this.show({ type: 'asked', text: null });
      await this.read((onEvent, signal) => this.api.chat.regenerate(id, onEvent, signal));
      await this.refresh();
    }
  }

  /** End the answer under way; what there is of it stays. */
  async stop(): Promise<void> {
    if (this.conversation === null) {
      return;
    }
    try {
      await this.api.chat.stop(this.conversation);
    } catch (reason) {
      this.fail(toApiError(reason).body);
    }
    await this.refresh();
  }

  /** Change title, model, sampling or system text. */
  async patch(change: ConversationPatch): Promise<void> {
    if (this.conversation !== null) {
      const changed = await this.api.chat.patch(this.conversation, change);
      const detail = this.thread.detail;
      if (detail !== null && detail.id === changed.id) {
        this.show({
          type: 'snapshot',
          detail: { ...changed, messages: this.thread.messages }
        });
      }
    }
  }

  /** Take the error off the screen. */
  readonly dismiss = (): void => this.show({ type: 'dismissed' });

  /** Read no more; the service goes on. */
  leave(): void {
    clearTimeout(this.following);
    this.abort?.abort();
    this.abort = null;
    this.drop();
  }

  private async read(
    ask: (
      onEvent: (name: string, data: unknown) => void,
      signal: AbortSignal
    ) => Promise<void>
  ): Promise<boolean> {
    const abort = new AbortController();
    this.abort = abort;
    let stored = false;
    let ended = false;
    try {
      await ask((name, data) => {
        if (abort.signal.aborted) {
          return;
        }
        stored ||= name === 'message';
        ended ||= name === 'done' || name === 'error';
        this.take(name, data);
      }, abort.signal);
    } catch (reason) {
      if (!abort.signal.aborted && !ended) {
        this.fail(toApiError(reason).body);
      }
    }
    if (!abort.signal.aborted) {
      this.abort = null;
      this.flush();
      this.show({ type: 'closed' });
      if (stored && !ended) {
        // The connection broke, not the answer: go on from what is stored.
        void this.refresh();
      }
    }
    return stored;
  }

  private take(name: string, data: unknown): void {
    switch (name) {
      case 'message':
        this.show({ type: 'stored', messages: [data as Message] });
        break;
      case 'token':
        this.tokens += (data as TokenEvent).text;
        this.showing ??= setTimeout(() => this.flush(), SHOW_MS);
        break;
      case 'usage':
        this.flush();
        this.show({ type: 'usage', usage: data as Usage });
        break;
      case 'done':
        this.flush();
        this.show({ type: 'done', message: (data as DoneEvent).message });
        break;
      case 'error':
        this.fail(data as ErrorBody);
        void this.refresh();
        break;
    }
  }

  private fail(error: ErrorBody): void {
    this.flush();
    this.show({ type: 'failed', error });
  }

  private flush(): void {
    const text = this.tokens;
    this.drop();
    if (text !== '') {
      this.show({ type: 'token', text });
    }
  }

  private drop(): void {
    this.tokens = '';
    if (this.showing !== null) {
      clearTimeout(this.showing);
      this.showing = null;
    }
  }

  private show(action: ThreadAction): void {
    this.thread = reduceThread(this.thread, action);
    for (const watcher of [...this.watchers]) {
      watcher();
    }
  }

  private conversation: string | null = null;
  private thread: Thread = EMPTY;
  private tokens = '';
  private showing: ReturnType<typeof setTimeout> | null = null;
  private following: ReturnType<typeof setTimeout> | undefined;
  private abort: AbortController | null = null;
  private readonly watchers = new Set<() => void>();
}
