/**
 * A file while it is read, and what came of it. The job is the service's: the page may be closed and
 * opened again meanwhile.
 */
import * as React from 'react';

import { ImportReport } from './ImportReport';
import { importPlace, labelOf, type ImportSource, type Reading } from './importing';
import { Bar, Button, Card, Ltr, StateChip } from '../../components/basics';
import { StopButton } from '../../components/JobFrame';
import { Empty, Failure, Skeleton } from '../../components/states';
import { ApiError } from '../../errors';
import { useAction, useApp, useLive } from '../../hooks';
import type { Job } from '../../protocol';
import { ended, share } from '../../state/job';

/** See the module's comment. */
export function ImportJob(props: {
  id: string;
  source: ImportSource | null;
  reading: Reading;
  onDiscard: () => void;
}): React.JSX.Element {
  const { core, t, go } = useApp();
  const { id, source, reading } = props;
  const view = useLive(core.datasetJob(id));
  const retry = useAction(() => core.api.datasets.retryJob(id));
  const discard = useAction(async () => {
    await core.api.datasets.removeJob(id);
    props.onDiscard();
  });
  const otherwise = source ? () => go(importPlace(source, reading)) : undefined;
  const job = view.state;
  if (!job) {
    return view.error ? (
      <>
        <Failure error={view.error} onRetry={view.reload} />
        <div className="pai-flow">
          <Button onClick={props.onDiscard}>{t('bring.discard')}</Button>
        </div>
      </>
    ) : (
      <Skeleton height={120} />
    );
  }
  if (job.state === 'completed') {
    return (
      <ImportReport
        job={job}
        onOtherwise={otherwise}
        onDiscard={() => void discard.run()}
        discarding={discard.busy}
        error={discard.error}
      />
    );
  }
  const name = source ? labelOf(source) : job.name;
  if (!ended(job)) {
    return <ReadingCard job={job} name={name} />;
  }
  return (
    <>
      {job.error ? (
        <Failure error={new ApiError(job.error)} title={t('bring.failed')} />
      ) : (
        <Card>
          <Empty icon="stop" title={t('bring.stopped')}>
            <Ltr>{name}</Ltr>
          </Empty>
        </Card>
      )}
      {retry.error ? <Failure error={retry.error} onClose={retry.clear} /> : null}
      {discard.error ? <Failure error={discard.error} onClose={discard.clear} /> : null}
      <div className="pai-flow">
        {otherwise ? (
          <Button kind="primary" onClick={otherwise}>
            {t('bring.otherwise')}
          </Button>
        ) : null}
        <Button icon="retry" busy={retry.busy} onClick={() => void retry.run()}>
          {t('bring.retry')}
        </Button>
        <Button busy={discard.busy} onClick={() => void discard.run()}>
          {t('bring.discard')}
        </Button>
      </div>
    </>
  );
}

/** How far the reading is. */
function ReadingCard({ job, name }: { job: Job; name: string }): React.JSX.Element {
  const { core, t } = useApp();
  const stop = useAction(() => core.api.datasets.stopJob(job.id));
  return (
    <Card className="pai-working">
      <div className="pai-title">
        <strong role="status">
          {t(job.state === 'queued' ? 'bring.reading_waiting' : 'bring.reading')}
        </strong>
        <Ltr>{name}</Ltr>
        <StateChip job={job} />
        <div className="pai-acts">
          <StopButton job={job} stop={stop}>
            {t('bring.stop')}
          </StopButton>
        </div>
      </div>
      <JobProgress job={job} />
      <small className="pai-quiet">{t('bring.reading_stays')}</small>
      {stop.error ? <Failure error={stop.error} onClose={stop.clear} /> : null}
    </Card>
  );
}

/** A bar with how much, how fast and how long yet, for any job on a dataset. */
export function JobProgress({ job }: { job: Job }): React.JSX.Element {
  const { t, fmt } = useApp();
  const { progress } = job;
  const amount = (n: number): string =>
    progress.unit === 'byte' ? fmt.bytes(n) : fmt.number(n);
  const parts = [
    progress.total > 0
      ? t('bring.reading_of', {
          done: amount(progress.done),
          total: amount(progress.total)
        })
      : '',
    progress.rows > 0 ? t('bring.reading_rows', { n: fmt.number(progress.rows) }) : '',
    progress.unit === 'byte' && progress.speed > 0
      ? t('bring.reading_speed', { speed: fmt.bytes(progress.speed) })
      : '',
    typeof progress.eta_seconds === 'number'
      ? t('panel.left', { time: fmt.span(progress.eta_seconds) })
      : ''
  ].filter(part => part !== '');
  return (
    <>
      <Bar share={job.state === 'queued' ? 0 : share(progress)} label={job.name} thick />
      {parts.length > 0 ? (
        <small className="pai-quiet pai-num">{parts.join(' · ')}</small>
      ) : null}
    </>
  );
}
