/**
 * What a repository is, at a glance: chips for what decides, each a word and never colour alone.
 */
import * as React from 'react';

import { Chip, type Tone } from '../../components/basics';
import { useApp } from '../../hooks';
import type { CatalogueItem, Job } from '../../protocol';
import { standOf, taskKey, type Stand } from '../../state/catalogue';

const STANDS: Partial<Record<Stand, Tone>> = {
  running: 'accent',
  registered: 'good',
  fetched: 'good',
  closed: 'quiet',
  failed: 'bad'
};
const FITS: Partial<Record<CatalogueItem['fits'], Tone>> = {
  yes: 'good',
  busy: 'warm',
  memory: 'bad',
  disk: 'bad'
};
const TRADE: Record<CatalogueItem['commercial'], Tone> = {
  yes: 'quiet',
  no: 'bad',
  unclear: 'warm'
};

/** The words of a task, or the Hub's own name for it. */
export function TaskName({ task }: { task: string }): React.JSX.Element | null {
  const { t } = useApp();
  const key = taskKey(task);
  if (key) {
    return <>{t(key)}</>;
  }
  return task ? <bdi dir="ltr">{task}</bdi> : null;
}

/** How it stands here: installed, under way, not to be had. */
export function StandChip({
  repo,
  job
}: {
  repo: { installed: 'no' | 'registered' | 'fetched'; open?: boolean };
  job: Job | undefined;
}): React.JSX.Element | null {
  const { t } = useApp();
  const stand = standOf(repo, job);
  const tone = STANDS[stand];
  if (!tone) {
    return null;
  }
  const words = {
    running: t('downloads.running'),
    registered: t('downloads.installed'),
    fetched: t('downloads.fetched'),
    closed: t('downloads.closed'),
    failed: t('downloads.failed'),
    absent: ''
  };
  return (
    <Chip tone={tone} live={stand === 'running'}>
      {words[stand]}
    </Chip>
  );
}

/** Whether this machine has room for it; nothing where that is not known. */
export function FitChip({
  fits
}: {
  fits: CatalogueItem['fits'];
}): React.JSX.Element | null {
  const { t } = useApp();
  const tone = FITS[fits];
  return tone && fits !== 'unknown' ? (
    <Chip tone={tone}>{t(`downloads.fits_${fits}`)}</Chip>
  ) : null;
}

/** Whether one may earn with it. */
export function TradeChip({
  commercial
}: {
  commercial: CatalogueItem['commercial'];
}): React.JSX.Element {
  const { t } = useApp();
  return <Chip tone={TRADE[commercial]}>{t(`downloads.trade_${commercial}`)}</Chip>;
}
