/*
 * Pause and stop of a training that works or waits, for its page and for notebooks.
 */
import * as React from 'react';

import { useApp } from '../hooks';
import type { Job } from '../protocol';
import { Button } from './basics';

export function PauseButtons({
  job,
  busy,
  onPause,
  onStop
}: {
  job: Job;
  busy: boolean;
  onPause: () => void;
  onStop: () => void;
}): React.JSX.Element {
  const { t } = useApp();
  const stopping = job.stopping && !job.pausing;
  return (
    <>
      <Button icon="pause" busy={busy || job.stopping} onClick={onPause}>
        {t(job.pausing ? 'watch.pausing' : 'watch.pause')}
      </Button>
      <Button kind="danger" icon="stop" busy={busy || stopping} onClick={onStop}>
        {stopping ? t('training.stopping') : t('training.stop')}
      </Button>
    </>
  );
}
