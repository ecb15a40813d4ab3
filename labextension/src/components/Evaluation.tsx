/*
 * How a classifier or tagger tells its labels apart: the confusion matrix as a table whose cells
 * are stronger the larger their share of the row, and precision, recall and F1 of each label.
 */
import * as React from 'react';

import { useApp } from '../hooks';
import type { Evaluation as EvaluationData } from '../protocol';
import { directionOf } from '../text/direction';
import { Button } from './basics';
import { SafeText } from './SafeText';

/** Scores that are shown before one asks for all. */
const FIRST = 20;
/** The strongest colour of a cell, in percent: its number stays readable on it. */
const STRONGEST = 45;

function Label({ text }: { text: string }): React.JSX.Element {
  return (
    <span dir={directionOf(text)} title={text}>
      <SafeText text={text} />
    </span>
  );
}

function Matrix({ evaluation }: { evaluation: EvaluationData }): React.JSX.Element {
  const { t, fmt } = useApp();
  const others = t('watch.other_labels', { n: fmt.number(evaluation.others) });
  const labels = evaluation.others ? [...evaluation.labels, others] : evaluation.labels;
  return (
    <table className="pai-matrix">
      <caption>{t('watch.confusion_help')}</caption>
      <thead>
        <tr>
          <th scope="col" className="pai-corner">
            {t('watch.true_label')} <span aria-hidden="true">\</span>{' '}
            {t('watch.said_label')}
          </th>
          {labels.map((label, column) => (
            <th key={column} scope="col">
              <Label text={label} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {evaluation.confusion.map((cells, row) => {
          const whole = cells.reduce((sum, count) => sum + count, 0);
          const name = labels[row] ?? '';
          return (
            <tr key={row}>
              <th scope="row">
                <Label text={name} />
              </th>
              {cells.map((count, column) => {
                const share = whole ? count / whole : 0;
                const tone = row === column ? '--pai-accent' : '--pai-warm';
                const words = {
                  said: labels[column] ?? '',
                  true: name,
                  n: fmt.number(count),
                  share: fmt.percent(share)
                };
                return (
                  <td
                    key={column}
                    className="pai-num"
                    title={t(row === column ? 'watch.cell_right' : 'watch.cell', words)}
                    style={{
                      background: `color-mix(in srgb, var(${tone}) ${(share * STRONGEST).toFixed(1)}%, transparent)`
                    }}
                  >
                    {count ? fmt.number(count) : <span className="pai-zero">·</span>}
                  </td>
                );
              })}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Scores({ evaluation }: { evaluation: EvaluationData }): React.JSX.Element {
  const { t, fmt } = useApp();
  const [all, setAll] = React.useState(false);
  const shown = all ? evaluation.per_label : evaluation.per_label.slice(0, FIRST);
  const share = (value: number | null): string =>
    value === null ? '—' : fmt.number(value, 3);
  return (
    <>
      <table className="pai-table">
        <thead>
          <tr>
            <th scope="col">{t('watch.label')}</th>
            <th scope="col">{t('watch.precision')}</th>
            <th scope="col">{t('watch.recall')}</th>
            <th scope="col">{t('watch.f1')}</th>
            <th scope="col">{t('watch.support')}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((one, index) => (
            <tr key={index}>
              <th scope="row">
                <Label text={one.label} />
              </th>
              <td className="pai-num">{share(one.precision)}</td>
              <td className="pai-num">{share(one.recall)}</td>
              <td className="pai-num">{share(one.f1)}</td>
              <td className="pai-num">{fmt.number(one.support)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length < evaluation.per_label.length ? (
        <Button kind="quiet" onClick={() => setAll(true)}>
          {t('watch.show_all', { n: fmt.number(evaluation.per_label.length) })}
        </Button>
      ) : null}
      {evaluation.others_per_label ? (
        <p className="pai-quiet">
          {t('watch.labels_left_out', { n: fmt.number(evaluation.others_per_label) })}
        </p>
      ) : null}
    </>
  );
}

export function Evaluation({
  evaluation
}: {
  evaluation: EvaluationData | null;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  if (!evaluation) {
    return <p className="pai-quiet pai-pad">{t('watch.evaluation_none')}</p>;
  }
  return (
    <div
      className="pai-evaluation pai-tab-scroll"
      tabIndex={0}
      role="region"
      aria-label={t('watch.evaluation')}
    >
      <p className="pai-quiet">
        {t('watch.evaluation_at', { step: fmt.number(evaluation.step) })}
      </p>
      <h2>{t('watch.confusion')}</h2>
      <div
        className="pai-matrix-frame"
        tabIndex={0}
        role="region"
        aria-label={t('watch.confusion')}
      >
        <Matrix evaluation={evaluation} />
      </div>
      {evaluation.per_label.length ? (
        <>
          <h2>{t('watch.per_label')}</h2>
          <Scores evaluation={evaluation} />
        </>
      ) : null}
    </div>
  );
}
