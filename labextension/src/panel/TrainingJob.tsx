/*
 * One training: title, state and actions; the progress line; the curve; details in tabs.
 */
import * as React from 'react';

import { Button, StateChip } from '../components/basics';
import { Confirm } from '../components/Dialog';
import { Curves } from '../components/Curves';
import { Evaluation } from '../components/Evaluation';
import { Notices } from '../components/Notices';
import { PauseButtons } from '../components/PauseButtons';
import { Page } from '../components/Page';
import { Empty, Failure, Skeleton } from '../components/states';
import { Tabs } from '../components/Tabs';
import { LatestSample, ProgressLine, Tiles } from '../components/TrainingParts';
import { useAction, useApp, useLive } from '../hooks';
import { ApiError } from '../errors';
import type { Job, Model } from '../protocol';
import { ended, paused } from '../state/job';
import { writes } from '../state/tasks';
import type { TrainingState } from '../state/training';
import { Checkpoints, Configuration, Log, Samples } from './TrainingDetails';

const TABS = [
  'curves',
  'evaluation',
  'samples',
  'log',
  'checkpoints',
  'configuration'
] as const;
type Tab = (typeof TABS)[number];

/** Recipes whose evaluations tell labels apart. */
const LABELLED: ReadonlySet<string> = new Set(['classify', 'ner']);

/** The model that a completed job made, once it is registered. */
function useResult(job: Job): Model | null {
  const { core } = useApp();
  const models = useLive(core.models()).state?.items ?? [];
  return models.find(model => model.job_id === job.id) ?? null;
}

function Actions({ job }: { job: Job }): React.JSX.Element {
  const { core, t, go } = useApp();
  const live = core.job(job.id);
  const [asking, setAsking] = React.useState<'stop' | 'delete' | null>(null);
  const model = useResult(job);
  const change = useAction(async (verb: 'stop' | 'pause' | 'resume' | 'retry') => {
    setAsking(null);
    const changed = await core.api.training[verb](job.id);
    live.update(state => ({
      ...state,
      job: changed.seq >= state.job.seq ? { ...changed, seq: state.job.seq } : state.job
    }));
  });
  const remove = useAction(async () => {
    await core.api.training.remove(job.id);
    go({ page: 'training' });
  });
  const error = change.error ?? remove.error;
  const download = core.transport.url(core.api.training.downloadPath(job.id));
  const resumable = job.state === 'stopped' || job.state === 'failed';
  return (
    <>
      <div className="pai-acts">
        {ended(job) ? (
          <>
            <Button
              kind="quiet"
              icon="trash"
              aria-label={t('training.delete')}
              title={t('training.delete')}
              onClick={() => setAsking('delete')}
            />
            {resumable ? (
              <Button
                icon="retry"
                busy={change.busy}
                onClick={() => void change.run('retry')}
              >
                {t('training.retry')}
              </Button>
            ) : null}
          </>
        ) : (
          <PauseButtons
            job={job}
            busy={change.busy}
            onPause={() => void change.run('pause')}
            onStop={() => setAsking('stop')}
          />
        )}
        {job.state === 'completed' && download ? (
          <a className="pai-button" href={download} download>
            {t('training.download')}
          </a>
        ) : null}
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
        {job.state === 'completed' && model && writes(model) ? (
          <Button
            kind="primary"
            icon="chat"
            onClick={() => go({ page: 'chat', query: { model: model.id } })}
          >
            {t('training.chat')}
          </Button>
        ) : null}
      </div>
      {asking === 'stop' ? (
        <Confirm
          title={t('training.stop_title')}
          action={t('training.stop')}
          danger
          onConfirm={() => void change.run('stop')}
          onClose={() => setAsking(null)}
        >
          {t('training.stop_help')}
        </Confirm>
      ) : null}
      {asking === 'delete' ? (
        <Confirm
          title={t('training.delete_title')}
          action={t('training.delete')}
          danger
          busy={remove.busy}
          onConfirm={() => void remove.run()}
          onClose={() => setAsking(null)}
        >
          {t('training.delete_help', { name: job.name })}
        </Confirm>
      ) : null}
      {error ? (
        <div className="pai-whole">
          <Failure
            error={error}
            onClose={() => {
              change.clear();
              remove.clear();
            }}
          />
        </div>
      ) : null}
    </>
  );
}

function Details({ state }: { state: TrainingState }): React.JSX.Element {
  const { t, route, go } = useApp();
  const { job } = state;
  const tabs = TABS.filter(
    id => id !== 'evaluation' || job.evaluation !== null || LABELLED.has(job.recipe)
  );
  const tab: Tab = tabs.find(known => known === route.view) ?? 'curves';
  return (
    <div className="pai-cols">
      <div className="pai-card">
        <Tabs
          label={job.name}
          items={tabs.map(id => ({
            id,
            label: t(id === 'evaluation' ? 'watch.evaluation' : `training.${id}`)
          }))}
          value={tab}
          onChange={view => go({ page: 'training', id: job.id, view })}
        />
        {/* The chart stays, so that coming back to it does not draw it anew. */}
        <div hidden={tab !== 'curves'} className="pai-tab">
          <Curves id={job.id} name={job.name} curves={state.curves} />
        </div>
        {tab === 'evaluation' ? <Evaluation evaluation={job.evaluation} /> : null}
        {tab === 'samples' ? <Samples samples={state.samples} /> : null}
        {tab === 'log' ? <Log lines={state.log} /> : null}
        {tab === 'checkpoints' ? <Checkpoints list={state.checkpoints} /> : null}
        {tab === 'configuration' ? <Configuration job={job} /> : null}
      </div>
      <Tiles job={job} />
    </div>
  );
}

/** Says changes of state, and nothing else, to a screen reader. */
function Announce({ job }: { job: Job }): React.JSX.Element {
  const { t } = useApp();
  return (
    <span className="pai-sr" role="status">
      {job.name}: {t(paused(job) ? 'panel.state_paused' : `panel.state_${job.state}`)}
    </span>
  );
}

export function TrainingJob({ id }: { id: string }): React.JSX.Element {
  const { core, t } = useApp();
  const view = useLive(core.job(id));
  const crumbs = [{ label: t('training.title'), to: { page: 'training' as const } }];
  if (!view.state) {
    const missing = view.error?.status === 404;
    return (
      <Page crumbs={crumbs} title={missing ? t('training.missing') : ' '}>
        {view.error ? (
          <Failure error={view.error} onRetry={view.reload} />
        ) : (
          <>
            <Skeleton height={72} />
            <Skeleton height={320} />
          </>
        )}
      </Page>
    );
  }
  const { state } = view;
  const { job } = state;
  return (
    <Page
      crumbs={crumbs}
      title={job.name}
      state={<StateChip job={job} />}
      actions={<Actions job={job} />}
    >
      <Announce job={job} />
      {view.error ? <Failure error={view.error} onRetry={view.reload} /> : null}
      {job.error && job.state === 'failed' ? (
        <Failure error={new ApiError(job.error)} title={t('training.what_happened')} />
      ) : null}
      <Notices job={job} />
      <ProgressLine job={job} checkpoint={state.checkpoints[0]} />
      <Details state={state} />
      <LatestSample job={job} />
      {!job.sample && !ended(job) ? (
        <div className="pai-card">
          <Empty title={t('training.writes_now')}>{t('training.no_samples')}</Empty>
        </div>
      ) : null}
    </Page>
  );
}
