/**
 * Rows as they are needed, from a dataset's version or from a file that has just been read. A new
 * search or filter begins with nothing known; one that goes on is asked again until it is complete.
 */
import * as React from 'react';

import { toApiError, type ApiError } from '../../errors';
import type { RowDetail, Rows } from '../../protocol';
import { PAGE, RowPages, type Numbered } from './rowPages';

/** A search that goes on is asked again after this long, in milliseconds. */
const AGAIN_MS = 300;

/** Where rows come from. */
export interface RowSource {
  /** Tells this source from others. */
  key: string;
  rows: (query: {
    offset: number;
    limit: number;
    q: string;
    finding: string;
  }) => Promise<Rows>;
  /** One row with what was found in it; sources without it have only the row. */
  detail?: (number: number) => Promise<RowDetail>;
}

/** What the hook gives. */
export interface RowWindow {
  /** How many rows there are, or were found so far; null before the first answer. */
  total: number | null;
  complete: boolean;
  /** The share of the rows that was looked at. */
  share: number;
  row: (index: number) => Numbered | undefined;
  /** Say which rows are in sight: `first` and one after the last. */
  need: (first: number, last: number) => void;
  error: ApiError | null;
  reload: () => void;
}

/** The rows of `source` that hold `query` and have `finding`, where these are not empty. */
export function useRowWindow(source: RowSource, query: string, finding: string): RowWindow {
  const [error, setError] = React.useState<ApiError | null>(null);
  const [drawn, redraw] = React.useReducer((n: number) => n + 1, 0);
  const [round, setRound] = React.useState(0);
  const latest = React.useRef(source);
  latest.current = source;
  const { key } = source;
  const pages = React.useMemo(
    () => new RowPages(),
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [key, query, finding, round]
  );
  const current = React.useRef(pages);
  current.current = pages;
  const ask = React.useCallback(
    (page: number, again = false) => {
      if (!pages.ask(page, again)) {
        return;
      }
      const wanted = { offset: page * PAGE, limit: PAGE, q: query, finding };
      latest.current.rows(wanted).then(
        answer => {
          pages.take(page, answer);
          if (current.current === pages) {
            setError(null);
            redraw();
          }
        },
        (reason: unknown) => {
          pages.fail(page);
          if (current.current === pages) {
            setError(toApiError(reason));
          }
        }
      );
    },
    [pages, query, finding]
  );
  React.useEffect(() => ask(0), [ask]);
  const { complete } = pages;
  React.useEffect(() => {
    if (complete || error) {
      return undefined;
    }
    const timer = window.setTimeout(() => ask(pages.growing, true), AGAIN_MS);
    return () => window.clearTimeout(timer);
  }, [ask, pages, complete, error, drawn]);
  const need = React.useCallback(
    (first: number, last: number) => {
      for (let page = Math.floor(first / PAGE); page * PAGE < last; page += 1) {
        ask(page);
      }
    },
    [ask]
  );
  return {
    total: pages.total,
    complete,
    share: pages.share,
    row: index => pages.row(index),
    need,
    error,
    reload: () => {
      setError(null);
      setRound(n => n + 1);
    }
  };
}
