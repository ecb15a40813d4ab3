/**
 * How often each label came, as a list of bars: the names and numbers are text, the bars only help
 * the eye.
 */
import * as React from 'react';

import { Label } from './RowParts';
import { byCount } from './shapes';
import { Button, Card } from '../../components/basics';
import { useApp } from '../../hooks';
import type { DatasetShape } from '../../protocol';

/** Shown before "all" is pressed. */
const FIRST = 12;

/** Nothing for a dataset without labels. */
export function LabelCounts({
  labels,
  shape
}: {
  labels: Readonly<Record<string, number>>;
  shape: DatasetShape;
}): React.JSX.Element | null {
  const { t, fmt } = useApp();
  const [all, setAll] = React.useState(false);
  const counted = React.useMemo(() => byCount(labels), [labels]);
  const [most] = counted;
  if (!most) {
    return null;
  }
  const total = counted.reduce((sum, [, count]) => sum + count, 0);
  return (
    <Card
      title={t(shape === 'tokens_tags' ? 'datasets.tag_counts' : 'datasets.label_counts')}
      action={
        <small className="pai-quiet">
          {t('datasets.labels_n', { n: fmt.number(counted.length) })}
        </small>
      }
    >
      <div className="pai-pad pai-stack">
        {counted.length === 1 && shape !== 'tokens_tags' ? (
          <p className="pai-warm-text">{t('datasets.one_label')}</p>
        ) : null}
        <ul className="pai-label-counts">
          {counted.slice(0, all ? undefined : FIRST).map(([label, count]) => (
            <li key={label}>
              <Label text={label} />
              <span className="pai-label-bar" aria-hidden="true">
                <i style={{ inlineSize: `${((count / most[1]) * 100).toFixed(1)}%` }} />
              </span>
              <span className="pai-num">{fmt.number(count)}</span>
              <small className="pai-num pai-quiet">{fmt.percent(count / total)}</small>
            </li>
          ))}
        </ul>
        {counted.length > FIRST ? (
          <div className="pai-flow">
            <Button kind="quiet" aria-expanded={all} onClick={() => setAll(!all)}>
              {all ? t('datasets.labels_fewer') : t('datasets.labels_all')}
            </Button>
          </div>
        ) : null}
      </div>
    </Card>
  );
}
