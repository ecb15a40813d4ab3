/**
 * The way to the next page of a live list; nothing at its end.
 */
import * as React from 'react';

import { Button } from './basics';
import { Failure } from './states';
import { useAction } from '../hooks';
import { append, type Listed, type ListState } from '../state/list';
import type { Live } from '../state/live';

/** So many are asked for at once. */
const LIMIT = 50;

/** See the module's comment. The words on the button are its children. */
export function Older<Item extends Listed>(props: {
  live: Live<ListState<Item>>;
  cursor: string | null;
  page: (query: {
    limit: number;
    cursor: string;
  }) => Promise<{ items: Item[]; next_cursor: string | null }>;
  children: React.ReactNode;
}): React.JSX.Element {
  const { live, cursor, page } = props;
  const older = useAction(async (from: string) => {
    const more = await page({ limit: LIMIT, cursor: from });
    live.update(state => append(state, more));
  });
  return (
    <>
      {cursor === null ? null : (
        <Button kind="quiet" busy={older.busy} onClick={() => void older.run(cursor)}>
          {props.children}
        </Button>
      )}
      {older.error ? <Failure error={older.error} onClose={older.clear} /> : null}
    </>
  );
}
