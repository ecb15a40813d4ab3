/**
 * A job on a dataset while it works, and what came of it: a version, parts, likenesses. The place of
 * the page names the job, so that a reload finds it again.
 */
import * as React from 'react';

import { JobProgress } from './ImportJob';
import { useStepWords } from './stepWords';
import { Button, Card, StateChip } from '../../components/basics';
import { Icon } from '../../components/Icon';
import { StopButton } from '../../components/JobFrame';
import { SafeText } from '../../components/SafeText';
import { Failure } from '../../components/states';
import { ApiError } from '../../errors';
import { useAction, useApp, useLive } from '../../hooks';
import { isKey, type Key } from '../../i18n';
import type { Job, StepCount } from '../../protocol';
import { ended } from '../../state/job';

const WORDS: Readonly<Record<string, string>> = {
  version: 'version',
  split: 'split',
  near_duplicates: 'near'
};

/** The words of what a job does, or has done. */
function wordOf(job: Job, done: boolean): Key {
  const key = `versions.${done ? 'made' : 'making'}_${WORDS[job.recipe] ?? 'version'}`;
  return isKey(key) ? key : 'versions.making_version';
}

/** Properties of {@link MakingCard}. */
export interface MakingCardProps {
  id: string;
  onDone: (job: Job) => void;
  onDismiss: () => void;
  onVersion: (number: number) => void;
  onFindings: () => void;
}

/** See the module's comment. */
export function MakingCard(props: MakingCardProps): React.JSX.Element | null {
  const { core, t } = useApp();
  const { id, onDismiss } = props;
  const view = useLive(core.datasetJob(id));
  const stop = useAction(() => core.api.datasets.stopJob(id));
  const retry = useAction(() => core.api.datasets.retryJob(id));
  const job = view.state;
  const done = job?.state === 'completed';
  const latest = React.useRef(props.onDone);
  latest.current = props.onDone;
  React.useEffect(() => {
    if (done) {
      latest.current(job);
    }
    // Said once: when it is done, not at each later word of it.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [done, id]);
  if (!job) {
    return view.error ? <Failure error={view.error} onClose={onDismiss} /> : null;
  }
  const failed = ended(job) && !done;
  return (
    <Card className="pai-working">
      <div className="pai-title">
        <strong role="status">
          {done ? (
            <Done job={job} />
          ) : failed ? (
            t(job.state === 'failed' ? 'versions.making_failed' : 'versions.making_stopped')
          ) : (
            t(wordOf(job, false))
          )}
        </strong>
        {done ? null : <StateChip job={job} />}
        <div className="pai-acts">
          {ended(job) ? null : (
            <StopButton job={job} stop={stop}>
              {t('versions.stop')}
            </StopButton>
          )}
          {failed ? (
            <Button icon="retry" busy={retry.busy} onClick={() => void retry.run()}>
              {t('panel.retry')}
            </Button>
          ) : null}
          {done ? <Next {...props} job={job} /> : null}
          {ended(job) ? (
            <Button
              kind="quiet"
              icon="close"
              aria-label={t('versions.dismiss')}
              title={t('versions.dismiss')}
              onClick={onDismiss}
            />
          ) : null}
        </div>
      </div>
      {ended(job) ? null : <JobProgress job={job} />}
      {job.error && failed ? <Failure error={new ApiError(job.error)} /> : null}
      {done ? <Result job={job} /> : null}
      {stop.error ? <Failure error={stop.error} onClose={stop.clear} /> : null}
      {retry.error ? <Failure error={retry.error} onClose={retry.clear} /> : null}
    </Card>
  );
}

function Done({ job }: { job: Job }): React.JSX.Element {
  const { t, fmt } = useApp();
  const { number } = job.result as { number?: number };
  return (
    <span className="pai-good-text">
      <Icon name="check" /> {t(wordOf(job, true), { n: fmt.number(number ?? 0) })}
    </span>
  );
}

/** What one goes to from here. */
function Next({
  job,
  onVersion,
  onFindings
}: MakingCardProps & { job: Job }): React.JSX.Element | null {
  const { t } = useApp();
  const { number } = job.result as { number?: number };
  if (job.recipe === 'version' && number !== undefined) {
    return (
      <Button kind="primary" onClick={() => onVersion(number)}>
        {t('versions.see_version')}
      </Button>
    );
  }
  return job.recipe === 'near_duplicates' ? (
    <Button onClick={onFindings}>{t('versions.see_findings')}</Button>
  ) : null;
}

interface Part {
  id: string;
  part: string;
  rows: number;
}

/** The counts of a version's steps, or the parts of a split. */
function Result({ job }: { job: Job }): React.JSX.Element | null {
  const { t, fmt, go } = useApp();
  const words = useStepWords();
  const { counts, datasets } = job.result as { counts?: StepCount[]; datasets?: Part[] };
  if (job.recipe === 'split' && datasets) {
    return (
      <ul className="pai-split-made">
        {datasets.map(part => (
          <li key={part.id}>
            <Button onClick={() => go({ page: 'datasets', id: part.id })} icon="datasets">
              <SafeText text={part.part} />
              <small className="pai-num pai-quiet">
                {t('datasets.rows', { n: fmt.number(part.rows) })}
              </small>
            </Button>
          </li>
        ))}
      </ul>
    );
  }
  if (!counts?.length) {
    return null;
  }
  return (
    <ul className="pai-counts">
      {counts.map((count, place) => (
        <li key={place}>
          <span>{words.title(count.kind)}</span> <StepCounts count={count} />
        </li>
      ))}
    </ul>
  );
}

/** What a step did, in numbers. */
export function StepCounts({ count }: { count: StepCount }): React.JSX.Element {
  const { t, fmt } = useApp();
  const parts = [
    count.rows_in === count.rows_out
      ? ''
      : t('versions.count', {
          in: fmt.number(count.rows_in),
          out: fmt.number(count.rows_out)
        }),
    count.changed > 0 ? t('versions.count_changed', { n: fmt.number(count.changed) }) : ''
  ].filter(part => part !== '');
  return (
    <small className="pai-num pai-quiet">
      {parts.length > 0 ? parts.join(' · ') : t('versions.count_nothing')}
    </small>
  );
}
