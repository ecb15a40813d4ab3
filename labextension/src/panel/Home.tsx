/*
 * Home: one sentence, the next step, what runs now, the latest models, this machine.
 */
import * as React from 'react';

import type { Preset } from '../api';
import { Button, Card, Ltr, When } from '../components/basics';
import { JobLine } from '../components/JobLine';
import { Machine } from '../components/Machine';
import { Page } from '../components/Page';
import { List } from '../components/List';
import { Empty, Failure, Loadable, Skeleton } from '../components/states';
import { useAction, useApp, useLive, useRequest } from '../hooks';
import { inLanguage } from '../i18n';
import { newKey } from '../key';
import type { Job, Model } from '../protocol';
import { ended } from '../state/job';
import { OfflineBanner, useOffline } from './downloads/OfflineBanner';
import { jobPlace } from './jobPlace';
import { writes } from '../state/tasks';

function Step({
  title,
  help,
  children
}: {
  title: React.ReactNode;
  help: React.ReactNode;
  children: React.ReactNode;
}): React.JSX.Element {
  const { t } = useApp();
  return (
    <section className="pai-card pai-next" aria-label={t('home.next')}>
      <small>{t('home.next')}</small>
      <strong>{title}</strong>
      <p className="pai-quiet">{help}</p>
      <div className="pai-acts">{children}</div>
    </section>
  );
}

function PresetStep({ preset }: { preset: Preset }): React.JSX.Element {
  const { core, t, lang, go } = useApp();
  const [key] = React.useState(() => newKey());
  const start = useAction(async () => {
    const job = await core.api.training.start(preset.ask, key);
    go({ page: 'training', id: job.id });
  });
  return (
    <>
      <Step title={inLanguage(lang, preset.title)} help={inLanguage(lang, preset.summary)}>
        <Button
          kind="primary"
          icon="play"
          busy={start.busy}
          onClick={() => void start.run()}
        >
          {t('home.start_preset')}
        </Button>
        <Button onClick={() => go({ page: 'training', view: 'new' })}>
          {t('home.start_other')}
        </Button>
      </Step>
      {start.error ? (
        <Failure
          error={start.error}
          onRetry={() => void start.run()}
          onClose={() => start.clear()}
        />
      ) : null}
    </>
  );
}

function NextStep({ jobs, models }: { jobs: Job[]; models: Model[] }): React.JSX.Element {
  const { core, t, go } = useApp();
  const presets = useRequest(() => core.api.training.presets(), []);
  const datasets = useLive(core.datasets());
  const busy = jobs.find(job => !ended(job));
  const latest = models.find(model => model.job_id && writes(model));
  const preset = presets.data?.[0];
  if (busy) {
    return (
      <Step
        title={t('home.next_watch', { name: busy.name })}
        help={t('home.next_watch_help')}
      >
        <Button
          kind="primary"
          icon="training"
          onClick={() => go({ page: 'training', id: busy.id })}
        >
          {t('home.watch')}
        </Button>
      </Step>
    );
  }
  if (latest) {
    return (
      <Step
        title={t('home.next_chat', { name: latest.name })}
        help={t('home.next_chat_help')}
      >
        <Button
          kind="primary"
          icon="chat"
          onClick={() => go({ page: 'chat', query: { model: latest.id } })}
        >
          {t('home.chat')}
        </Button>
        <Button icon="plus" onClick={() => go({ page: 'training', view: 'new' })}>
          {t('home.new_training')}
        </Button>
      </Step>
    );
  }
  if (preset) {
    return <PresetStep preset={preset} />;
  }
  if (!presets.data && !presets.error) {
    return <Skeleton height={140} />;
  }
  if (datasets.state && datasets.state.items.length === 0) {
    return (
      <Step title={t('home.next_dataset')} help={t('home.next_dataset_help')}>
        <Button
          kind="primary"
          icon="plus"
          onClick={() => go({ page: 'datasets', view: 'new' })}
        >
          {t('home.add_dataset')}
        </Button>
      </Step>
    );
  }
  return (
    <Step title={t('home.next_train')} help={t('home.next_train_help')}>
      <Button
        kind="primary"
        icon="plus"
        onClick={() => go({ page: 'training', view: 'new' })}
      >
        {t('home.new_training')}
      </Button>
    </Step>
  );
}

function LatestModels({ models }: { models: Model[] }): React.JSX.Element {
  const { t, fmt, go } = useApp();
  if (models.length === 0) {
    return <p className="pai-quiet pai-pad">{t('home.no_models')}</p>;
  }
  return (
    <List
      items={models.slice(0, 4)}
      label={t('home.latest_models')}
      onOpen={(model, beside) => go({ page: 'models', id: model.id }, { beside })}
      render={model => (
        <>
          <bdi className="pai-strong">{model.name}</bdi>
          <small>
            <When time={model.created} />
          </small>
          <small>
            <Ltr>{model.architecture}</Ltr>
          </small>
          <small>{t('home.parameters', { n: fmt.short(model.parameters) })}</small>
        </>
      )}
    />
  );
}

/** Said where the Hub is away and that was not asked for; nothing else. */
function HubAway(): React.JSX.Element | null {
  const { core, t, go } = useApp();
  const offline = useOffline();
  const health = useRequest(() => core.api.service.health(), [offline]);
  const state = health.data?.parts['hub']?.state ?? 'ok';
  if (offline || state === 'ok') {
    return null;
  }
  return (
    <p className="pai-quiet pai-small">
      {t('hub.away')}.{' '}
      <button type="button" className="pai-link" onClick={() => go({ page: 'settings' })}>
        {t('hub.to_settings')}
      </button>
    </p>
  );
}

export function Home(): React.JSX.Element {
  const { core, t, go } = useApp();
  const me = useRequest(() => core.api.service.me(), []);
  const jobs = useLive(core.jobs());
  const models = useLive(core.models());
  const downloads = useLive(core.downloads());
  const datasets = useLive(core.datasetJobs());
  const making = useLive(core.modelJobs());
  const bundles = useLive(core.bundles());
  // Jupyter gives who came with a token a made-up name.
  const known = me.data?.display_name ?? '';
  const name = known.startsWith('Anonymous ') ? '' : known;
  const offline = jobs.error && !jobs.state;
  if (offline && jobs.error) {
    return (
      <Page title={t('panel.name')}>
        <Failure error={jobs.error} onRetry={jobs.reload} title={t('panel.error_title')} />
        <Empty icon="warning" title={t('panel.server_needed')}>
          {t('panel.server_needed_help')}
        </Empty>
      </Page>
    );
  }
  const running = [jobs, downloads, datasets, making, bundles]
    .flatMap(list => list.state?.items ?? [])
    .filter(job => !ended(job));
  return (
    <Page
      title={t('panel.name')}
      sentence={name ? t('home.greeting', { name }) : t('home.greeting_plain')}
    >
      <OfflineBanner />
      {jobs.state && models.state ? (
        <NextStep jobs={jobs.state.items} models={models.state.items} />
      ) : (
        <Skeleton height={140} />
      )}
      <div className="pai-home">
        <div className="pai-stack">
          {running.length ? (
            <Card title={t('home.running')}>
              <div className="pai-pad pai-stack">
                {running.map(job => (
                  <JobLine
                    key={job.id}
                    job={job}
                    onOpen={beside => go(jobPlace(job), { beside })}
                  />
                ))}
              </div>
            </Card>
          ) : null}
          <Card
            title={t('home.latest_models')}
            action={
              <button
                type="button"
                className="pai-link pai-quiet"
                onClick={() => go({ page: 'models' })}
              >
                {t('home.all_models')}
              </button>
            }
          >
            <Loadable
              view={models}
              skeleton={
                <div className="pai-pad">
                  <Skeleton />
                </div>
              }
            >
              {list => <LatestModels models={list.items} />}
            </Loadable>
          </Card>
        </div>
        <Card title={t('panel.this_machine')}>
          <div className="pai-pad">
            <Machine />
            <HubAway />
          </div>
        </Card>
      </div>
    </Page>
  );
}
