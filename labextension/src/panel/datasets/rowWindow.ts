/**
 * Rows of a dataset as they are needed: whole pages of them, each asked for once, the oldest
 * forgotten. A new search forgets all.
 */
import * as React from 'react';

import type { Row } from './shapes';
import { toApiError, type ApiError } from '../../errors';
import { useApp } from '../../hooks';

const PAGE = 50;
const PAGES_KEPT = 40;

/** What the hook gives. */
export interface RowWindow {
  /** How many rows there are, or that hold what is searched; null before the first answer. */
  total: number | null;
  row: (index: number) => Row | undefined;
  /** Say which rows are in sight: `first` and one after the last. */
  need: (first: number, last: number) => void;
  error: ApiError | null;
  reload: () => void;
}

/** What is known of one search in one dataset. */
interface Known {
  pages: Map<number, readonly Row[] | 'asked'>;
  total: number | null;
}

/** The rows of `dataset` that hold `query`. */
export function useRowWindow(dataset: string, query: string): RowWindow {
  const { core } = useApp();
  const [error, setError] = React.useState<ApiError | null>(null);
  const [, redraw] = React.useReducer((n: number) => n + 1, 0);
  const [round, setRound] = React.useState(0);
  const known = React.useMemo<Known>(
    () => ({ pages: new Map(), total: null }),
    // A new search, another dataset or a new try begins with nothing known.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [dataset, query, round]
  );
  const ask = React.useCallback(
    (page: number) => {
      if (known.pages.has(page)) {
        return;
      }
      known.pages.set(page, 'asked');
      core.api.datasets.preview(dataset, page * PAGE, PAGE, query).then(
        answer => {
          known.pages.set(page, answer.rows);
          known.total = answer.total;
          for (const old of known.pages.keys()) {
            if (known.pages.size <= PAGES_KEPT) {
              break;
            }
            known.pages.delete(old);
          }
          setError(null);
          redraw();
        },
        (reason: unknown) => {
          known.pages.delete(page);
          setError(toApiError(reason));
        }
      );
    },
    [core, dataset, query, known]
  );
  React.useEffect(() => ask(0), [ask]);
  const need = React.useCallback(
    (first: number, last: number) => {
      for (let page = Math.floor(first / PAGE); page * PAGE < last; page += 1) {
        ask(page);
      }
    },
    [ask]
  );
  return {
    total: known.total,
    row: index => {
      const page = known.pages.get(Math.floor(index / PAGE));
      return Array.isArray(page) ? (page as readonly Row[])[index % PAGE] : undefined;
    },
    need,
    error,
    reload: () => {
      setError(null);
      setRound(n => n + 1);
    }
  };
}
