/**
 * The monitor page: this machine live, the parts of the service, its requests, what it did.
 */
import * as React from 'react';

import { MonitorApi } from './MonitorApi';
import { MonitorMachine } from './MonitorMachine';
import { Button, Card, Chip, When, type Tone } from '../components/basics';
import { List } from '../components/List';
import { Page } from '../components/Page';
import { SafeText } from '../components/SafeText';
import { Empty, Failure, Skeleton } from '../components/states';
import { useApp, useNow, useRequest, type Loaded } from '../hooks';
import type { Key } from '../i18n';
import type { Activity, Health, HealthState } from '../protocol';

/** What has no events is asked for anew this often. */
const ASK_SECONDS = 5;

const TONES: Readonly<Record<HealthState, Tone>> = {
  ok: 'good',
  degraded: 'warm',
  down: 'bad'
};

/** A request asked again and again while the browser's tab is seen. */
function useRepeated<T>(ask: () => Promise<T>): Loaded<T> {
  const now = useNow(ASK_SECONDS).getTime();
  const seen = React.useRef(now);
  if (!document.hidden) {
    seen.current = now;
  }
  return useRequest(ask, [seen.current]);
}

/** See the module's comment. */
export function Monitor(): React.JSX.Element {
  const { core, t } = useApp();
  const state = React.useSyncExternalStore(
    React.useCallback(callback => core.stream.onState(callback), [core]),
    () => core.stream.state
  );
  const health = useRepeated(() => core.api.service.health());
  const requests = useRepeated(() => core.api.monitoring.percentiles());
  const activity = useRepeated(() => core.api.monitoring.activity());
  return (
    <Page
      title={t('monitor.title')}
      sentence={t('monitor.sentence')}
      state={
        <Chip tone={state === 'open' ? 'good' : 'warm'} live={state === 'open'}>
          {t(state === 'open' ? 'monitor.live' : 'monitor.paused')}
        </Chip>
      }
    >
      <MonitorMachine />
      <div className="pai-columns">
        <Card title={t('monitor.activity')}>
          <ActivityList activity={activity} />
        </Card>
        <Card title={t('monitor.health')}>
          <HealthParts health={health} />
        </Card>
      </div>
      <Card title={t('monitor.api')}>
        {requests.error ? (
          <Failure error={requests.error} onRetry={requests.reload} />
        ) : null}
        {requests.data ? (
          <MonitorApi metrics={requests.data} />
        ) : requests.error ? null : (
          <div className="pai-pad">
            <Skeleton lines={5} />
          </div>
        )}
      </Card>
    </Page>
  );
}

function HealthParts({ health }: { health: Loaded<Health> }): React.JSX.Element {
  const { t } = useApp();
  const names: Readonly<Record<string, Key>> = {
    database: 'monitor.part_database',
    disk: 'monitor.part_disk',
    workers: 'monitor.part_workers',
    engine: 'monitor.part_engine',
    hub: 'monitor.part_hub'
  };
  if (health.error) {
    return <Failure error={health.error} onRetry={health.reload} />;
  }
  if (!health.data) {
    return (
      <div className="pai-pad">
        <Skeleton lines={5} />
      </div>
    );
  }
  return (
    <ul className="pai-parts">
      {Object.entries(health.data.parts).map(([name, part]) => (
        <li key={name}>
          <span>{names[name] ? t(names[name]) : name}</span>
          <Chip tone={TONES[part.state]}>{t(`monitor.${part.state}`)}</Chip>
          {part.reason ? (
            <small>
              <SafeText text={part.reason} />
            </small>
          ) : null}
        </li>
      ))}
    </ul>
  );
}

const STATE_TONES: Readonly<Record<string, Tone>> = {
  completed: 'good',
  failed: 'bad',
  stopped: 'warm',
  queued: 'quiet'
};
const STATES = [
  'queued',
  'starting',
  'loading',
  'running',
  'completed',
  'failed',
  'stopped'
];
const SHOWN = 8;

function ActivityList({ activity }: { activity: Loaded<Activity[]> }): React.JSX.Element {
  const { t, go } = useApp();
  const [all, setAll] = React.useState(false);
  if (activity.error) {
    return <Failure error={activity.error} onRetry={activity.reload} />;
  }
  if (!activity.data) {
    return (
      <div className="pai-pad">
        <Skeleton lines={5} />
      </div>
    );
  }
  if (activity.data.length === 0) {
    return <Empty icon="monitor" title={t('monitor.no_activity')} />;
  }
  const word = ({ kind, state }: Activity): string =>
    kind === 'download' && state === 'running'
      ? t('panel.state_running_download')
      : STATES.includes(state)
        ? t(`panel.state_${state}` as Key)
        : state;
  return (
    <>
      <List
        items={all ? activity.data : activity.data.slice(0, SHOWN)}
        label={t('monitor.activity')}
        onOpen={(one, beside) =>
          go(
            one.kind === 'download'
              ? { page: 'downloads' }
              : { page: 'training', id: one.id },
            {
              beside
            }
          )
        }
        render={one => (
          <>
            <SafeText text={one.title} />
            <Chip tone={STATE_TONES[one.state] ?? 'accent'}>{word(one)}</Chip>
            <small>
              {t(
                one.kind === 'download' ? 'monitor.kind_download' : 'monitor.kind_training'
              )}
              {' · '}
              <When time={one.time} />
            </small>
          </>
        )}
      />
      {!all && activity.data.length > SHOWN ? (
        <Button kind="quiet" onClick={() => setAll(true)}>
          {t('panel.more')}
        </Button>
      ) : null}
    </>
  );
}
