/**
 * Asks several models one question and follows the stream of their answers; leaving the page, or
 * asking again, ends the reading.
 */
import * as React from 'react';

import { toApiError, type ApiError } from '../../errors';
import { useApp } from '../../hooks';
import type { AnswersAsk } from '../../protocol';
import { awaiting, finished, reduceAnswers, type Answers } from '../../state/answers';

export interface Asked {
  /** null before anything was asked. */
  answers: Answers | null;
  busy: boolean;
  error: ApiError | null;
  ask: (question: AnswersAsk) => Promise<void>;
  stop: () => void;
}

/** See the module's comment. */
export function useAnswers(): Asked {
  const { core } = useApp();
  const [answers, setAnswers] = React.useState<Answers | null>(null);
  const [busy, setBusy] = React.useState(false);
  const [error, setError] = React.useState<ApiError | null>(null);
  const reading = React.useRef<AbortController | null>(null);
  React.useEffect(() => () => reading.current?.abort(), []);
  const ask = async (question: AnswersAsk): Promise<void> => {
    reading.current?.abort();
    const mine = new AbortController();
    reading.current = mine;
    setAnswers(awaiting(question.ids));
    setError(null);
    setBusy(true);
    try {
      await core.api.models.answers(
        question,
        (name, data) => {
          if (reading.current === mine) {
            setAnswers(old => (old ? reduceAnswers(old, name, data) : old));
          }
        },
        mine.signal
      );
    } catch (reason) {
      if (reading.current === mine && !mine.signal.aborted) {
        setError(toApiError(reason));
      }
    } finally {
      if (reading.current === mine) {
        reading.current = null;
        setBusy(false);
        setAnswers(old => (old ? finished(old) : old));
      }
    }
  };
  return {
    answers,
    busy,
    error,
    ask,
    stop: () => reading.current?.abort()
  };
}
