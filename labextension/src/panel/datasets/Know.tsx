/**
 * What is known of a version: counts, lengths, labels, words, and what tokenizers make of it.
 */
import * as React from 'react';

import { LabelCounts } from './LabelCounts';
import { Tokenizers } from './Tokenizers';
import { Card } from '../../components/basics';
import { SafeText } from '../../components/SafeText';
import { StillPlot } from '../../components/StillPlot';
import { Tile } from '../../components/Tile';
import { useApp } from '../../hooks';
import type { DatasetAnalysis } from '../../protocol';

/** Less of it than this and a text is hardly Persian. */
const HARDLY_PERSIAN = 0.5;
/** Words in the list. */
const WORDS = 30;

/** See the module's comment. */
export function Know(props: {
  dataset: string;
  analysis: DatasetAnalysis;
  version: number | null;
}): React.JSX.Element {
  const { core, t, fmt } = useApp();
  const { dataset, analysis, version } = props;
  const labelled = Object.keys(analysis.labels).length > 0;
  return (
    <>
      <AnalysisTiles analysis={analysis} />
      <div className="pai-know">
        <Card title={t('quality.lengths')}>
          <StillPlot
            about={`${dataset} ${version ?? ''} lengths`}
            item={(theme, lang) =>
              core.api.datasets.figure(dataset, 'lengths', { version, theme, lang })
            }
            label={t('quality.lengths_label', {
              median: fmt.number(analysis.lengths.median),
              p95: fmt.number(analysis.lengths.p95)
            })}
          />
        </Card>
        <Words analysis={analysis} />
      </div>
      {labelled ? (
        <div className="pai-know">
          <LabelCounts labels={analysis.labels} shape={analysis.shape} />
          <Card title={t('quality.labels_label')}>
            <StillPlot
              about={`${dataset} ${version ?? ''} labels`}
              item={(theme, lang) =>
                core.api.datasets.figure(dataset, 'labels', { version, theme, lang })
              }
              label={t('quality.labels_label')}
            />
          </Card>
        </div>
      ) : null}
      <Tokenizers dataset={dataset} version={version} />
    </>
  );
}

/** The counts of a version. */
export function AnalysisTiles({
  analysis
}: {
  analysis: DatasetAnalysis;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  const persian = analysis.persian_share >= HARDLY_PERSIAN;
  const perThousand =
    analysis.words > 0 ? (analysis.half_spaces / analysis.words) * 1000 : 0;
  return (
    <div className="pai-tiles pai-stacked">
      <Tile
        label={t('datasets.stat_rows')}
        value={fmt.number(analysis.rows)}
        note={fmt.bytes(analysis.bytes)}
      />
      <Tile
        label={t('datasets.stat_words')}
        value={
          analysis.words >= 1e6 ? fmt.short(analysis.words) : fmt.number(analysis.words)
        }
        tip={fmt.number(analysis.words)}
        note={
          analysis.sentences > 0
            ? `${fmt.short(analysis.sentences)} ${t('quality.sentences')}`
            : undefined
        }
      />
      <Tile
        label={t('quality.vocabulary')}
        value={fmt.short(analysis.vocabulary)}
        tip={fmt.number(analysis.vocabulary)}
        note={analysis.vocabulary_exact ? undefined : t('quality.vocabulary_least')}
      />
      <Tile
        label={t('quality.median_words')}
        value={fmt.number(analysis.lengths.median)}
        note={t('quality.median_note', { n: fmt.number(analysis.lengths.p95) })}
      />
      <Tile
        label={t('datasets.stat_persian')}
        value={fmt.percent(analysis.persian_share)}
        note={persian ? undefined : t('datasets.persian_low')}
      />
      <Tile
        label={t('datasets.stat_half_spaces')}
        value={fmt.short(analysis.half_spaces)}
        note={
          persian && analysis.half_spaces === 0
            ? t('datasets.half_spaces_none')
            : t('quality.half_spaces_rate', {
                n: fmt.number(perThousand, perThousand < 10 ? 1 : 0)
              })
        }
        tip="ZWNJ (U+200C)"
      />
      {analysis.turns > 0 ? (
        <Tile label={t('datasets.stat_turns')} value={fmt.number(analysis.turns)} />
      ) : null}
    </div>
  );
}

function Words({ analysis }: { analysis: DatasetAnalysis }): React.JSX.Element | null {
  const { t, fmt } = useApp();
  const words = analysis.words_most.slice(0, WORDS);
  const most = words[0]?.count ?? 1;
  if (words.length === 0) {
    return null;
  }
  return (
    <Card title={t('quality.words_most')}>
      <ol className="pai-words" tabIndex={0} aria-label={t('quality.words_most')}>
        {words.map(({ word, count }) => (
          <li key={word}>
            <SafeText text={word} />
            <span className="pai-label-bar" aria-hidden="true">
              <i style={{ inlineSize: `${((count / most) * 100).toFixed(1)}%` }} />
            </span>
            <span className="pai-num pai-quiet">{fmt.number(count)}</span>
          </li>
        ))}
      </ol>
    </Card>
  );
}
