/*
 * A running job in two lines, for the side panel, Home and notebooks.
 */
import * as React from 'react';

import { useApp } from '../hooks';
import type { Job } from '../protocol';
import { share } from '../state/job';
import { Bar } from './basics';

/** Where a job stands, in words: a step of steps, bytes of bytes, or its state. */
export function useStanding(job: Job): string {
  const { t, fmt } = useApp();
  const { progress } = job;
  if (job.stopping) {
    return t(job.pausing ? 'panel.state_pausing' : 'panel.state_stopping');
  }
  if (job.state === 'queued') {
    return job.queue_position
      ? t('panel.queued_at', { n: fmt.number(job.queue_position) })
      : t('panel.state_queued');
  }
  if (job.state !== 'running' || progress.total === 0) {
    return job.state === 'running' && job.kind !== 'training'
      ? t(`panel.state_running_${job.kind}`)
      : t(`panel.state_${job.state}`);
  }
  return progress.unit === 'byte'
    ? t('panel.of', { used: fmt.bytes(progress.done), total: fmt.bytes(progress.total) })
    : progress.unit === 'row'
      ? t('panel.of', {
          used: fmt.number(progress.done),
          total: t('datasets.rows', { n: fmt.number(progress.total) })
        })
      : t('panel.step_of', {
          done: fmt.number(progress.done),
          total: fmt.number(progress.total)
        });
}

export function JobLine({
  job,
  onOpen
}: {
  job: Job;
  onOpen: (beside: boolean) => void;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  const standing = useStanding(job);
  const done = share(job.progress);
  const { eta_seconds: eta } = job.progress;
  const known = job.state === 'running' ? done : job.state === 'queued' ? 0 : null;
  return (
    <button
      type="button"
      className="pai-run"
      onClick={event => onOpen(event.ctrlKey || event.metaKey)}
    >
      <span>
        <bdi className={job.kind === 'download' ? 'pai-ltr' : ''}>{job.name}</bdi>
        <small className="pai-num">{known === null ? '' : fmt.percent(known)}</small>
      </span>
      <Bar share={known} label={job.name} />
      <span>
        <small className="pai-num">{standing}</small>
        <small>
          {job.state === 'running' && typeof eta === 'number'
            ? t('panel.left', { time: fmt.span(eta) })
            : ''}
        </small>
      </span>
    </button>
  );
}
