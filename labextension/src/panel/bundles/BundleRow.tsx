/**
 * One piece of work on a bundle: how far it is, what it made, and what can be done about it.
 */
import * as React from 'react';

import { PartsTable } from './PartsTable';
import { Bar, Button, Chip, Ltr } from '../../components/basics';
import { Confirm } from '../../components/Dialog';
import { JobFrame, RemoveButton, StopButton } from '../../components/JobFrame';
import { SafeText } from '../../components/SafeText';
import { useAction, useApp } from '../../hooks';
import { isKey } from '../../i18n';
import type { Job } from '../../protocol';
import { madeBy } from '../../state/bundles';
import { ended, share } from '../../state/job';
import { without } from '../../state/list';
import { Pace } from '../downloads/Pace';

/** See the module's comment. */
export function BundleRow({ job }: { job: Job }): React.JSX.Element {
  const { core, t } = useApp();
  const live = core.bundles();
  const over = ended(job);
  const packs = job.recipe === 'pack';
  const made = madeBy(job);
  const [asked, setAsked] = React.useState(false);
  const stop = useAction(() => core.api.bundles.stop(job.id));
  const again = useAction(() =>
    job.state === 'stopped'
      ? core.api.bundles.resume(job.id)
      : core.api.bundles.retry(job.id)
  );
  const remove = useAction(async () => {
    await core.api.bundles.remove(job.id);
    setAsked(false);
    live.update(state => without(state, job.id));
  });
  return (
    <JobFrame
      job={job}
      deeds={[stop, again, remove]}
      name={
        <>
          <SafeText text={job.name} className="pai-strong" />
          <Chip tone="quiet">{t(packs ? 'bundles.packing' : 'bundles.unpacking')}</Chip>
        </>
      }
      acts={
        <>
          {job.state === 'failed' || job.state === 'stopped' ? (
            <Button
              icon={job.state === 'stopped' ? 'play' : 'retry'}
              busy={again.busy}
              onClick={() => void again.run()}
            >
              {t(job.state === 'stopped' ? 'bundles.resume' : 'bundles.retry')}
            </Button>
          ) : null}
          {over ? (
            <RemoveButton
              title={t('bundles.remove')}
              busy={remove.busy}
              // What was packed goes with it; the rest of a list can be cleared without a word.
              onRemove={() => (packs ? setAsked(true) : void remove.run())}
            />
          ) : (
            <StopButton job={job} stop={stop}>
              {t('bundles.stop')}
            </StopButton>
          )}
        </>
      }
    >
      {over ? null : <Standing job={job} />}
      {job.state === 'completed' ? <Outcome job={job} /> : null}
      {asked ? (
        <Confirm
          title={t('bundles.remove_title')}
          action={t('bundles.remove_yes')}
          danger
          busy={remove.busy}
          onConfirm={() => void remove.run()}
          onClose={() => setAsked(false)}
        >
          {t(made.parts.length > 0 ? 'bundles.remove_help' : 'bundles.remove_bare', {
            name: job.name
          })}
        </Confirm>
      ) : null}
    </JobFrame>
  );
}

/** How much of it is done. */
function Standing({ job }: { job: Job }): React.JSX.Element {
  const { t, fmt } = useApp();
  const { progress } = job;
  const phase = `bundles.phase_${progress.detail}`;
  return (
    <>
      <Bar share={job.state === 'queued' ? 0 : share(progress)} label={job.name} />
      <div className="pai-download-facts pai-num">
        {progress.total > 0 ? (
          <span>
            {t('downloads.progress', {
              done: fmt.bytes(progress.done),
              total: fmt.bytes(progress.total)
            })}
          </span>
        ) : null}
        <Pace progress={progress} />
        {isKey(phase) ? (
          <span>{t(phase)}</span>
        ) : progress.detail ? (
          <SafeText text={progress.detail} dir="ltr" className="pai-ltr" />
        ) : null}
      </div>
    </>
  );
}

/** What it made, and the way to it. */
function Outcome({ job }: { job: Job }): React.JSX.Element | null {
  const { t, go } = useApp();
  const made = madeBy(job);
  if (job.recipe === 'pack') {
    const folder = job.options['folder'];
    return (
      <>
        {made.path && typeof folder === 'string' && folder !== '' ? (
          <p className="pai-quiet pai-small">
            {t('bundles.written_to')} <Ltr>{made.path}</Ltr>
          </p>
        ) : null}
        <PartsTable job={job.id} made={made} />
      </>
    );
  }
  const place = made.modelId
    ? ({ page: 'models', id: made.modelId } as const)
    : made.datasetId
      ? ({ page: 'datasets', id: made.datasetId } as const)
      : null;
  return place ? (
    <div className="pai-flow">
      <Button icon={place.page} onClick={() => go(place)}>
        {t(place.page === 'models' ? 'bundles.see_model' : 'bundles.see_dataset')}
      </Button>
    </div>
  ) : null;
}
