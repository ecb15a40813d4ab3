/**
 * A conversation on the screen, as a pure reduction.
 *
 * What is stored comes as a snapshot; an answer that this tab asked for grows over it by the
 * events of its stream. No requests and no React here. The text of a message is never altered.
 */
import type { ConversationDetail, ErrorBody, Message, Usage } from '../../protocol';

/** What the thread shows. */
export interface Thread {
  /** The last snapshot; null while the first is on its way. */
  detail: ConversationDetail | null;
  /** Stored messages, oldest first, with the growing answer. */
  messages: Message[];
  /** A question sent but not yet acknowledged as stored. */
  pending: string | null;
  /** This tab reads the answer's stream now. */
  reading: boolean;
  /** Why the last request failed, with the question to give back if it was not stored. */
  error: ErrorBody | null;
}

export const EMPTY: Thread = {
  detail: null,
  messages: [],
  pending: null,
  reading: false,
  error: null
};

export type ThreadAction =
  | { type: 'opened' }
  | { type: 'snapshot'; detail: ConversationDetail }
  | { type: 'asked'; text: string | null }
  | { type: 'stored'; messages: Message[] }
  | { type: 'token'; text: string }
  | { type: 'usage'; usage: Usage }
  | { type: 'done'; message: Message }
  | { type: 'closed' }
  | { type: 'failed'; error: ErrorBody }
  | { type: 'dismissed' };

/** Put messages in place of those with the same id, new ones at the end. */
function merged(old: readonly Message[], fresh: readonly Message[]): Message[] {
  const byId = new Map(fresh.map(message => [message.id, message]));
  const kept = old.map(message => {
    const replacement = byId.get(message.id);
    byId.delete(message.id);
    return replacement ?? message;
  });
  return [...kept, ...byId.values()];
}

/** The answer that is growing, or null. */
export function streamingAnswer(thread: Thread): Message | null {
  const last = thread.messages.at(-1);
  return last?.role === 'assistant' && last.state === 'streaming' ? last : null;
}

function changeLast(thread: Thread, change: Partial<Message>): Thread {
  const answer = streamingAnswer(thread);
  if (answer === null) {
    return thread;
  }
  return {
    ...thread,
    messages: [...thread.messages.slice(0, -1), { ...answer, ...change }]
  };
}

/** The next state of the thread. */
export function reduceThread(thread: Thread, action: ThreadAction): Thread {
  switch (action.type) {
    case 'opened':
      return EMPTY;
    case 'snapshot': {
      // While this tab reads the stream, it knows more of the answer than the store does.
      if (thread.reading || thread.pending !== null) {
        return { ...thread, detail: action.detail };
      }
      return { ...thread, detail: action.detail, messages: [...action.detail.messages] };
    }
    case 'asked': {
      // Asking again without a text is a new answer to the last question.
      const answered = thread.messages.at(-1)?.role === 'assistant';
      const messages =
        action.text === null && answered ? thread.messages.slice(0, -1) : thread.messages;
      return { ...thread, messages, pending: action.text, reading: true, error: null };
    }
    case 'stored':
      return {
        ...thread,
        messages: merged(thread.messages, action.messages),
        pending: null
      };
    case 'token': {
      const answer = streamingAnswer(thread);
      return answer === null
        ? thread
        : changeLast(thread, { text: answer.text + action.text });
    }
    case 'usage':
      return changeLast(thread, { usage: action.usage });
    case 'done':
      return {
        ...thread,
        messages: merged(thread.messages, [action.message]),
        pending: null,
        reading: false
      };
    case 'closed':
      return { ...thread, pending: null, reading: false };
    case 'failed':
      return { ...thread, pending: null, reading: false, error: action.error };
    case 'dismissed':
      return { ...thread, error: null };
  }
}
