import { describe, expect, it } from 'vitest';

import { HALF_SPACE, insertHalfSpace } from '../panel/chat/halfspace';
import { EventParser, serverEvents } from '../panel/chat/sse';
import { EMPTY, reduceThread, streamingAnswer, type IThread } from '../panel/chat/thread';
import type { ConversationDetail, Message } from '../protocol';

function message(id: string, role: Message['role'], text: string, state = 'done'): Message {
  return {
    id,
    conversation_id: 'c',
    role,
    text,
    state,
    usage: null,
    created: '2026-11-21T10:00:00.000Z'
  };
}

const DETAIL: ConversationDetail = {
  id: 'c',
  title: 't',
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
  messages: []
};

describe('server-sent events', () => {
  const text =
    'event: token\ndata: {"text":"می‌"}\n\n: a comment\r\nevent: token\r\ndata: {"text":\r\ndata: "روم"}\r\n\r\ndata: x\n\nevent: empty\n\n';
  const expected = [
    { event: 'token', data: '{"text":"می‌"}' },
    { event: 'token', data: '{"text":\n"روم"}' },
    { event: 'message', data: 'x' }
  ];

  it('are the same however the bytes are cut', async () => {
    const bytes = new TextEncoder().encode(text);
    for (let size = 1; size <= bytes.length; size += 1) {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          for (let at = 0; at < bytes.length; at += size) {
            controller.enqueue(bytes.slice(at, at + size));
          }
          controller.close();
        }
      });
      const events = [];
      for await (const event of serverEvents(body)) {
        events.push(event);
      }
      expect(events).toEqual(expected);
    }
  });

  it('leaves out an event that never ended', () => {
    expect(new EventParser().push('event: done\ndata: {}\n')).toEqual([]);
  });
});

describe('a thread', () => {
  const open = reduceThread(EMPTY, { type: 'snapshot', detail: DETAIL });
  const asked = reduceThread(open, { type: 'asked', text: 'سلام' });
  const stored = reduceThread(asked, {
    type: 'stored',
    messages: [message('1', 'user', 'سلام'), message('2', 'assistant', '', 'streaming')]
  });
  const grown = ['در', 'ود\n', 'می‌'].reduce<IThread>(
    (thread, text) => reduceThread(thread, { type: 'token', text }),
    stored
  );

  it('shows the question at once, then as stored', () => {
    expect(asked.pending).toBe('سلام');
    expect(stored.pending).toBeNull();
    expect(stored.messages.map(m => m.id)).toEqual(['1', '2']);
  });

  it('appends tokens exactly', () => {
    expect(streamingAnswer(grown)?.text).toBe('درود\nمی‌');
  });

  it('does not let an older snapshot take back what was read', () => {
    const late = reduceThread(grown, { type: 'snapshot', detail: DETAIL });
    expect(streamingAnswer(late)?.text).toBe('درود\nمی‌');
  });

  it('ends with the stored answer', () => {
    const done = reduceThread(grown, {
      type: 'done',
      message: message('2', 'assistant', 'درود')
    });
    expect(done.messages.at(-1)?.text).toBe('درود');
    expect(done.reading).toBe(false);
  });

  it('takes the last answer away when another is asked for', () => {
    const done = reduceThread(grown, {
      type: 'done',
      message: message('2', 'assistant', 'درود')
    });
    const again = reduceThread(done, { type: 'asked', text: null });
    expect(again.messages.map(m => m.id)).toEqual(['1']);
  });

  it('keeps what came when the stream breaks', () => {
    const closed = reduceThread(grown, { type: 'closed' });
    expect(closed.reading).toBe(false);
    expect(streamingAnswer(closed)?.text).toBe('درود\nمی‌');
  });
});

describe('a half-space', () => {
  it('goes where the caret stands', () => {
    expect(insertHalfSpace('میروم', 2, 2)).toEqual({
      text: `می${HALF_SPACE}روم`,
      caret: 3
    });
  });

  it('takes the place of a selection, and of a space just typed', () => {
    expect(insertHalfSpace('می روم', 2, 3).text).toBe(`می${HALF_SPACE}روم`);
    expect(insertHalfSpace('می ', 3, 3)).toEqual({ text: `می${HALF_SPACE}`, caret: 3 });
  });

  it('is never doubled', () => {
    const once = insertHalfSpace('می', 2, 2);
    expect(insertHalfSpace(once.text, once.caret, once.caret).text).toBe(once.text);
  });
});
