/*
 * What each of several models answers to one prompt, as a reduction of the events of the stream.
 * Pure.
 */
import type { ErrorBody } from '../protocol';

export interface ModelAnswer {
  text: string;
  /** `unasked`: the stream ended before its turn came. */
  state: 'waiting' | 'writing' | 'done' | 'failed' | 'unasked';
  error: ErrorBody | null;
  /** New tokens and how many a second, once the answer is whole. */
  tokens: number | null;
  speed: number | null;
}

export type Answers = Readonly<Record<string, ModelAnswer>>;

const WAITING: ModelAnswer = {
  text: '',
  state: 'waiting',
  error: null,
  tokens: null,
  speed: null
};

/** Before the first event. */
export function awaiting(ids: readonly string[]): Answers {
  return Object.fromEntries(ids.map(id => [id, WAITING]));
}

interface Data {
  model_id?: string;
  text?: string;
  error?: ErrorBody;
  completion_tokens?: number;
  tokens_per_second?: number | null;
}

/** The answers after an event; the same object when it says nothing of a model we asked. */
export function reduceAnswers(answers: Answers, name: string, data: unknown): Answers {
  const said = (data ?? {}) as Data;
  if (name === 'done') {
    return finished(answers);
  }
  const id = said.model_id ?? '';
  const old = answers[id];
  if (!old) {
    return answers;
  }
  switch (name) {
    case 'token':
      return {
        ...answers,
        [id]: { ...old, state: 'writing', text: old.text + (said.text ?? '') }
      };
    case 'usage':
      return {
        ...answers,
        [id]: {
          ...old,
          state: 'done',
          tokens: said.completion_tokens ?? null,
          speed: said.tokens_per_second ?? null
        }
      };
    case 'error':
      return { ...answers, [id]: { ...old, state: 'failed', error: said.error ?? null } };
    default:
      return answers;
  }
}

/** After the stream has ended, whoever still waits will not be heard of again. */
export function finished(answers: Answers): Answers {
  return Object.fromEntries(
    Object.entries(answers).map(([id, one]) => [
      id,
      one.state === 'waiting'
        ? { ...one, state: 'unasked' as const }
        : one.state === 'writing'
          ? { ...one, state: 'done' as const }
          : one
    ])
  );
}
