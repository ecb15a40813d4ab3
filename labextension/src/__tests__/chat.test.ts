import { describe, expect, it } from 'vitest';

import { titleOf } from '../panel/chat/conversations';
import { HALF_SPACE, insertHalfSpace } from '../panel/chat/halfspace';
import { EMPTY, reduceThread, streamingAnswer, type Thread } from '../panel/chat/thread';
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

describe('titles', () => {
  it('are the first words of a question', () => {
    expect(titleOf('  سلام\nچطوری؟')).toBe('سلام');
    const long = titleOf('واژه '.repeat(40));
    expect(long.length).toBeLessThanOrEqual(61);
    expect(long.endsWith('واژه…')).toBe(true);
  });
});

describe('a thread', () => {
  const open = reduceThread(EMPTY, { type: 'snapshot', detail: DETAIL });
  const asked = reduceThread(open, { type: 'asked', text: 'سلام' });
  const stored = reduceThread(asked, {
    type: 'stored',
    messages: [message('1', 'user', 'سلام'), message('2', 'assistant', '', 'streaming')]
  });
  const grown = ['در', 'ود\n', 'می‌'].reduce<Thread>(
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
