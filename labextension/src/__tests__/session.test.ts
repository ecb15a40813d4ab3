import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Api } from '../api';
import { ChatSession } from '../panel/chat/session';
import type { ConversationDetail, Message } from '../protocol';
import type { RequestOptions, Transport } from '../transport';

type Stream = (onEvent: (name: string, data: unknown) => void) => Promise<void>;

/** A service with one conversation in memory, behind the real `Api`. */
class Service implements Transport {
  messages: Message[] = [];
  made = 0;
  gets = 0;
  stopped = 0;
  streams: Stream[] = [];

  detail(): ConversationDetail {
    return {
      id: 'c',
      title: 'سلام',
      model_id: 'm',
      sampling: {
        temperature: 0.8,
        top_p: 0.95,
        top_k: 50,
        repetition_penalty: 1.1,
        max_new_tokens: 256,
        seed: null
      },
      system: '',
      created: '2026-11-21T10:00:00.000Z',
      updated: '2026-11-21T10:00:00.000Z',
      seq: 1,
      messages: this.messages.map(one => ({ ...one }))
    };
  }

  async request(method: string, path: string): Promise<unknown> {
    if (method === 'POST' && path === 'chat/conversations') {
      this.made += 1;
    } else if (method === 'GET') {
      this.gets += 1;
    } else if (path.endsWith('/stop')) {
      this.stopped += 1;
      const last = this.messages.at(-1);
      if (last) {
        last.state = 'stopped';
      }
    }
    return this.detail();
  }

  async stream(
    _method: string,
    _path: string,
    _options: RequestOptions,
    onEvent: (name: string, data: unknown) => void
  ): Promise<void> {
    await this.streams.shift()?.(onEvent);
  }

  connect(): { send: () => void; close: () => void } {
    return { send: () => undefined, close: () => undefined };
  }

  url(): null {
    return null;
  }

  async loadScript(): Promise<void> {
    return undefined;
  }
}

function message(id: string, role: Message['role'], text: string, state = 'done'): Message {
  const created = '2026-11-21T10:00:00.000Z';
  return { id, conversation_id: 'c', role, text, state, usage: null, created };
}

const ASK = { model_id: 'm', title: 'سلام' };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a chat session', () => {
  it('makes the conversation with the first question and reads its answer', async () => {
    const service = new Service();
    const session = new ChatSession(new Api(service));
    const opened: string[] = [];
    service.streams.push(async onEvent => {
      onEvent('message', message('1', 'user', 'سلام'));
      onEvent('message', message('2', 'assistant', '', 'streaming'));
      onEvent('token', { text: 'در' });
      onEvent('token', { text: 'ود' });
      await vi.advanceTimersByTimeAsync(50);
      expect(session.view().messages.at(-1)?.text).toBe('درود');
      onEvent('done', { message: message('2', 'assistant', 'درود') });
    });
    expect(await session.send('سلام', ASK, id => opened.push(id))).toBe(true);
    expect([service.made, opened, session.id]).toEqual([1, ['c'], 'c']);
    expect(session.view().reading).toBe(false);
    expect(session.view().messages.map(one => one.text)).toEqual(['سلام', 'درود']);
  });

  it('follows an answer that somebody else asked for until it is settled', async () => {
    const service = new Service();
    service.messages = [
      message('1', 'user', 'س'),
      message('2', 'assistant', 'یک', 'streaming')
    ];
    const session = new ChatSession(new Api(service));
    session.open('c');
    await vi.advanceTimersByTimeAsync(1);
    expect(session.view().messages.at(-1)?.text).toBe('یک');
    service.messages[1] = message('2', 'assistant', 'یک دو', 'streaming');
    await vi.advanceTimersByTimeAsync(800);
    expect(session.view().messages.at(-1)?.text).toBe('یک دو');
    service.messages[1] = message('2', 'assistant', 'یک دو سه');
    await vi.advanceTimersByTimeAsync(800);
    expect(session.view().messages.at(-1)?.state).toBe('done');
    const asked = service.gets;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(service.gets).toBe(asked);
  });

  it('goes on from what is stored when the connection breaks in the middle', async () => {
    const service = new Service();
    const session = new ChatSession(new Api(service));
    session.open('c');
    await vi.advanceTimersByTimeAsync(1);
    service.streams.push(async onEvent => {
      onEvent('message', message('1', 'user', 'س'));
      onEvent('message', message('2', 'assistant', '', 'streaming'));
      onEvent('token', { text: 'نیمه' });
      service.messages = [
        message('1', 'user', 'س'),
        message('2', 'assistant', 'نیمه و تمام')
      ];
      throw new TypeError('network');
    });
    expect(await session.send('س', ASK, () => undefined)).toBe(true);
    await vi.advanceTimersByTimeAsync(1);
    expect(session.view().messages.at(-1)?.text).toBe('نیمه و تمام');
  });

  it('says that a question was not stored, so that its text is kept', async () => {
    const service = new Service();
    const session = new ChatSession(new Api(service));
    service.streams.push(async () => {
      throw new TypeError('network');
    });
    expect(await session.send('س', ASK, () => undefined)).toBe(false);
    expect(session.view().error).not.toBeNull();
    expect(session.view().pending).toBeNull();
  });

  it('stops, and shows what was kept', async () => {
    const service = new Service();
    service.messages = [
      message('1', 'user', 'س'),
      message('2', 'assistant', 'نی', 'streaming')
    ];
    const session = new ChatSession(new Api(service));
    session.open('c');
    await vi.advanceTimersByTimeAsync(1);
    await session.stop();
    expect(service.stopped).toBe(1);
    expect(session.view().messages.at(-1)?.state).toBe('stopped');
  });

  it('takes no notice of a conversation that was left', async () => {
    const service = new Service();
    const session = new ChatSession(new Api(service));
    service.messages = [message('2', 'assistant', 'دیر')];
    session.open('c');
    session.open(null);
    await vi.advanceTimersByTimeAsync(1000);
    expect(session.view().messages).toEqual([]);
  });
});
