/**
 * Files that are being read, or were read and neither kept nor discarded: the way back to them.
 */
import * as React from 'react';

import { JobLine } from '../../components/JobLine';
import { Button, Card, Chip, StateChip, When } from '../../components/basics';
import { SafeText } from '../../components/SafeText';
import { Failure } from '../../components/states';
import { useAction, useApp, useLive } from '../../hooks';
import type { Job } from '../../protocol';
import { ended } from '../../state/job';
import { without } from '../../state/list';
import { jobPlace } from '../jobPlace';

/** Nothing when there are none. */
export function Unfinished(): React.JSX.Element | null {
  const { core, t } = useApp();
  const list = useLive(core.datasetJobs());
  const open = (list.state?.items ?? []).filter(
    job => job.recipe === 'import' && !job.result?.['dataset_id']
  );
  if (open.length === 0) {
    return null;
  }
  return (
    <Card title={t('bring.in_progress')}>
      <ul className="pai-list">
        {open.map(job => (
          <li key={job.id}>
            <Line job={job} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Line({ job }: { job: Job }): React.JSX.Element {
  const { core, t, go } = useApp();
  const discard = useAction(async () => {
    await core.api.datasets.removeJob(job.id);
    core.datasetJobs().update(state => without(state, job.id));
  });
  if (!ended(job)) {
    return (
      <div className="pai-unfinished-run">
        <JobLine job={job} onOpen={beside => go(jobPlace(job), { beside })} />
      </div>
    );
  }
  return (
    <div className="pai-unfinished">
      <SafeText text={job.name} className="pai-strong" />
      {job.state === 'completed' ? (
        <Chip tone="accent">{t('bring.unfinished_ready')}</Chip>
      ) : (
        <StateChip job={job} />
      )}
      <small className="pai-quiet">
        <When time={job.ended ?? job.created} />
      </small>
      <div className="pai-acts">
        <Button onClick={() => go(jobPlace(job))}>{t('bring.open')}</Button>
        <Button
          kind="quiet"
          icon="trash"
          busy={discard.busy}
          aria-label={t('bring.discard')}
          title={t('bring.discard')}
          onClick={() => void discard.run()}
        />
      </div>
      {discard.error ? <Failure error={discard.error} onClose={discard.clear} /> : null}
    </div>
  );
}
