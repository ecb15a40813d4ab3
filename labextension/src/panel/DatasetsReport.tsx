/**
 * What was counted in a dataset, in tiles.
 */
import * as React from 'react';

import { Tile } from '../components/Tile';
import { useApp } from '../hooks';
import type { DatasetStats } from '../protocol';

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
