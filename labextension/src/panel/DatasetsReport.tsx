/**
 * What a check of a file says: counts in tiles, and the rows that cannot be used, each with why.
 */
import * as React from 'react';

import { Card } from '../components/basics';
import { SafeText } from '../components/SafeText';
import { Sentence } from '../components/Sentence';
import { Tile } from '../components/Tile';
import { useApp } from '../hooks';
import type { DatasetReport, DatasetStats } from '../protocol';

/** Less of it than this and a text is hardly Persian. */
const HARDLY_PERSIAN = 0.5;

/** The counts of a dataset. */
export function DatasetTiles(props: {
  stats: DatasetStats;
  bytes?: number;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  const { stats, bytes } = props;
  const persian = stats.persian_share >= HARDLY_PERSIAN;
  return (
    <div className="pai-tiles pai-stacked">
      <Tile label={t('datasets.stat_rows')} value={fmt.number(stats.rows)} />
      <Tile label={t('datasets.stat_words')} value={fmt.number(stats.words)} />
      <Tile label={t('datasets.stat_characters')} value={fmt.number(stats.characters)} />
      <Tile
        label={t('datasets.stat_persian')}
        value={fmt.percent(stats.persian_share)}
        note={persian ? undefined : t('datasets.persian_low')}
      />
      <Tile
        label={t('datasets.stat_half_spaces')}
        value={fmt.number(stats.half_spaces)}
        note={
          persian && stats.half_spaces === 0 ? t('datasets.half_spaces_none') : undefined
        }
        tip="ZWNJ (U+200C)"
      />
      <Tile
        label={t('datasets.stat_longest')}
        value={fmt.number(stats.longest)}
        note={t('datasets.stat_characters')}
      />
      {stats.turns > 0 ? (
        <Tile label={t('datasets.stat_turns')} value={fmt.number(stats.turns)} />
      ) : null}
      {bytes === undefined ? null : (
        <Tile label={t('datasets.stat_bytes')} value={fmt.bytes(bytes)} />
      )}
    </div>
  );
}

/** The rows that were left out; nothing when there are none. */
export function DatasetProblems({
  report
}: {
  report: DatasetReport;
}): React.JSX.Element | null {
  const { t, fmt, lang } = useApp();
  const { problems } = report;
  if (problems.length === 0) {
    return null;
  }
  return (
    <Card
      title={t('datasets.problems')}
      action={
        <small className="pai-quiet">
          {t('datasets.problems_shown', {
            shown: fmt.number(problems.length),
            n: fmt.number(report.skipped)
          })}
        </small>
      }
    >
      <div
        className="pai-table-scroll pai-problems"
        tabIndex={0}
        role="region"
        aria-label={t('datasets.problems')}
      >
        <table className="pai-table">
          <thead>
            <tr>
              <th scope="col">{t('datasets.problem_line')}</th>
              <th scope="col">{t('datasets.problem_field')}</th>
              <th scope="col">{t('datasets.problem_reason')}</th>
              <th scope="col">{t('datasets.problem_sample')}</th>
            </tr>
          </thead>
          <tbody>
            {problems.map((problem, index) => (
              <tr key={index}>
                <td className="pai-num">{fmt.number(problem.line)}</td>
                <td>
                  <SafeText text={problem.field ?? ''} className="pai-ltr" />
                </td>
                <td>
                  <Sentence text={lang === 'fa' ? problem.message_fa : problem.message} />
                </td>
                <td>
                  <SafeText text={problem.sample} className="pai-ltr pai-cell-sample" />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
