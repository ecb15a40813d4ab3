/*
 * The side panel: the way in and the pulse. Nothing is edited here.
 */
import * as React from 'react';

import { Icon } from '../components/Icon';
import { JobLine } from '../components/JobLine';
import { Machine } from '../components/Machine';
import { Failure } from '../components/states';
import { useApp, useLive, useRequest } from '../hooks';
import { PAGES, type PageName } from '../route';
import { ended } from '../state/job';
import { jobPlace } from './jobPlace';

const KEYS: Partial<Record<PageName, string>> = {
  home: 'Alt H',
  chat: 'Alt C',
  training: 'Alt T',
  models: 'Alt D',
  monitor: 'Alt M',
  notifications: 'Alt N',
  settings: 'Alt S'
};

function Health(): React.JSX.Element {
  const { core, t } = useApp();
  const { data, error, reload } = useRequest(() => core.api.service.health(), []);
  React.useEffect(() => {
    const timer = setInterval(reload, 30_000);
    const leave = core.stream.onState(reload);
    return () => {
      clearInterval(timer);
      leave();
    };
  }, [core, reload]);
  const state = error ? 'down' : (data?.state ?? 'unknown');
  const reason = error
    ? error.message
    : Object.entries(data?.parts ?? {})
        .filter(([, part]) => part.state !== 'ok')
        .map(([name, part]) => `${name}: ${part.reason}`)
        .join('; ');
  const title =
    state === 'unknown'
      ? t('panel.loading')
      : state === 'ok'
        ? t('panel.health_ok')
        : t(state === 'down' ? 'panel.health_down' : 'panel.health_degraded', { reason });
  return (
    <span className={`pai-dot pai-${state}`} role="img" title={title} aria-label={title} />
  );
}

function useBadges(): Partial<Record<PageName, number>> {
  const { core } = useApp();
  const downloads = useLive(core.downloads()).state?.items ?? [];
  const notices = useLive(core.notifications()).state?.items ?? [];
  return {
    downloads: downloads.filter(job => !ended(job)).length,
    notifications: notices.filter(notice => !notice.read).length
  };
}

function Navigation({ current }: { current: PageName | null }): React.JSX.Element {
  const { t, fmt, go } = useApp();
  const badges = useBadges();
  return (
    <nav className="pai-nav" aria-label={t('panel.navigation')}>
      {PAGES.map(page => {
        const badge = badges[page] ?? 0;
        return (
          <button
            key={page}
            type="button"
            aria-current={page === current ? 'page' : undefined}
            onClick={() => go({ page })}
          >
            <Icon name={page} />
            <span>{t(`panel.${page}`)}</span>
            {badge ? (
              <span className="pai-badge">{fmt.number(badge)}</span>
            ) : KEYS[page] ? (
              <kbd aria-hidden="true">{KEYS[page]}</kbd>
            ) : null}
          </button>
        );
      })}
    </nav>
  );
}

function Running(): React.JSX.Element {
  const { core, t, go } = useApp();
  const jobs = useLive(core.jobs());
  const downloads = useLive(core.downloads());
  const datasets = useLive(core.datasetJobs());
  const making = useLive(core.modelJobs());
  const bundles = useLive(core.bundles());
  const running = [jobs, downloads, datasets, making, bundles]
    .flatMap(list => list.state?.items ?? [])
    .filter(job => !ended(job));
  const failed = jobs.error;
  return (
    <section className="pai-sect">
      <h2>{t('panel.running_now')}</h2>
      {failed ? (
        <Failure
          error={failed}
          onRetry={() => {
            jobs.reload();
            downloads.reload();
          }}
        />
      ) : null}
      {!failed && jobs.state && running.length === 0 ? (
        <p className="pai-quiet">{t('panel.nothing_running')}</p>
      ) : null}
      {running.map(job => (
        <JobLine key={job.id} job={job} onOpen={beside => go(jobPlace(job), { beside })} />
      ))}
    </section>
  );
}

/** The panel; `current` is the page in front. */
export function SidePanel({ current }: { current: PageName | null }): React.JSX.Element {
  const { t } = useApp();
  return (
    <div className="pai-side">
      <div className="pai-side-head">
        <span className="pai-mark" aria-hidden="true">
          ف
        </span>
        <b>{t('panel.name')}</b>
        <Health />
      </div>
      <Navigation current={current} />
      <Running />
      <section className="pai-sect pai-machine">
        <h2>{t('panel.this_machine')}</h2>
        <Machine />
      </section>
    </div>
  );
}
