/*
 * Where one is in a long list, and the way to its next part.
 */
import * as React from 'react';

import { useApp } from '../hooks';
import { Button } from './basics';

/** Nothing while all of it fits one part. */
export function Pager({
  offset,
  limit,
  total,
  onOffset
}: {
  offset: number;
  limit: number;
  total: number;
  onOffset: (offset: number) => void;
}): React.JSX.Element | null {
  const { t, fmt } = useApp();
  if (total <= limit) {
    return null;
  }
  return (
    <div className="pai-pager">
      <small className="pai-quiet pai-num" role="status">
        {t('bring.page_of', {
          from: fmt.number(offset + 1),
          to: fmt.number(Math.min(total, offset + limit)),
          total: fmt.number(total)
        })}
      </small>
      <div className="pai-acts">
        <Button
          disabled={offset === 0}
          onClick={() => onOffset(Math.max(0, offset - limit))}
        >
          {t('bring.previous')}
        </Button>
        <Button disabled={offset + limit >= total} onClick={() => onOffset(offset + limit)}>
          {t('bring.next')}
        </Button>
      </div>
    </div>
  );
}
