/*
 * A training in one card: what a notebook shows. No navigation; stop and resume are here.
 */
import * as React from 'react';

import { useAction, useApp, useLive } from '../hooks';
import { ended } from '../state/job';
import { ApiError } from '../errors';
import { Button, StateChip } from './basics';
import { Curves } from './Curves';
import { Notices } from './Notices';
import { PauseButtons } from './PauseButtons';
import { Failure, Skeleton } from './states';
import { LatestSample, ProgressLine, Tiles } from './TrainingParts';

export function TrainingCard({ id }: { id: string }): React.JSX.Element {
  const { core, t } = useApp();
  const view = useLive(core.job(id));
  const change = useAction((verb: 'stop' | 'pause' | 'resume') =>
    core.api.training[verb](id)
  );
  if (!view.state) {
    return view.error ? (
      <Failure error={view.error} onRetry={view.reload} />
    ) : (
      <Skeleton height={360} />
    );
  }
  const { job, curves, checkpoints } = view.state;
  const resumable = job.state === 'stopped' || job.state === 'failed';
  return (
    <div className="pai-stack pai-training-card">
      <div className="pai-title">
        <h1>{job.name}</h1>
        <StateChip job={job} />
        <div className="pai-acts">
          {ended(job) ? null : (
            <PauseButtons
              job={job}
              busy={change.busy}
              onPause={() => void change.run('pause')}
              onStop={() => void change.run('stop')}
            />
          )}
          {resumable ? (
            <Button
              kind="primary"
              icon="play"
              busy={change.busy}
              onClick={() => void change.run('resume')}
            >
              {t('training.resume')}
            </Button>
          ) : null}
        </div>
      </div>
      {change.error ? <Failure error={change.error} onClose={change.clear} /> : null}
      {job.error && job.state === 'failed' ? (
        <Failure error={new ApiError(job.error)} title={t('training.what_happened')} />
      ) : null}
      <Notices job={job} />
      <ProgressLine job={job} checkpoint={checkpoints[0]} />
      <div className="pai-cols">
        <div className="pai-card">
          <Curves id={job.id} name={job.name} curves={curves} />
        </div>
        <Tiles job={job} />
      </div>
      <LatestSample job={job} />
    </div>
  );
}
