/*
 * What each widget draws, of the panel's own components. A widget has one card and no navigation.
 */
import * as React from 'react';

import { Card } from '../components/basics';
import { Comparison } from '../components/Comparison';
import { Curves } from '../components/Curves';
import { JobLine } from '../components/JobLine';
import { Machine } from '../components/Machine';
import { Failure, Loadable, Skeleton } from '../components/states';
import { TrainingCard } from '../components/TrainingCard';
import { useApp, useLive } from '../hooks';
import { ChatView } from '../panel/chat/ChatView';
import { DatasetCard } from '../panel/datasets/DatasetCard';
import { ModelCard } from '../panel/models/ModelCard';
import { ended } from '../state/job';
import { writes } from '../state/tasks';
import { DownloadView } from './DownloadView';
import type { Kind } from './model';

function LossView({ id }: { id: string }): React.JSX.Element {
  const { core } = useApp();
  const view = useLive(core.job(id));
  return (
    <Loadable view={view} skeleton={<Skeleton height={280} />}>
      {({ job, curves }) => (
        <Card title={<bdi>{job.name}</bdi>}>
          <Curves id={job.id} name={job.name} curves={curves} />
        </Card>
      )}
    </Loadable>
  );
}

function MonitorView(): React.JSX.Element {
  const { core, t } = useApp();
  const jobs = useLive(core.jobs());
  const running = (jobs.state?.items ?? []).filter(job => !ended(job));
  return (
    <div className="pai-stack">
      <Card title={t('panel.running_now')}>
        <div className="pai-notebook-part">
          {jobs.error ? <Failure error={jobs.error} onRetry={jobs.reload} /> : null}
          {jobs.state && running.length === 0 ? (
            <p className="pai-quiet">{t('panel.nothing_running')}</p>
          ) : null}
          {running.map(job => (
            <JobLine key={job.id} job={job} onOpen={() => undefined} />
          ))}
        </div>
      </Card>
      <Card title={t('panel.this_machine')}>
        <div className="pai-notebook-part">
          <Machine />
        </div>
      </Card>
    </div>
  );
}

function ConversationView(): React.JSX.Element {
  const { core } = useApp();
  const models = useLive(core.models());
  return (
    <Loadable view={models}>
      {list => <ChatView models={list.items.filter(writes)} onList={() => undefined} />}
    </Loadable>
  );
}

/** The view of a widget; `ids` are the jobs, conversation, dataset or model that it is about. */
export function View({
  kind,
  ids,
  version = null
}: {
  kind: Kind;
  ids: readonly string[];
  /** Of a dataset; null is the newest. */
  version?: number | null;
}): React.JSX.Element {
  const id = ids[0] ?? '';
  switch (kind) {
    case 'training':
      return <TrainingCard id={id} />;
    case 'curve':
      return <LossView id={id} />;
    case 'comparison':
      return (
        <div className="pai-stack">
          <Comparison ids={ids} />
        </div>
      );
    case 'chat':
      return <ConversationView />;
    case 'monitor':
      return <MonitorView />;
    case 'download':
      return <DownloadView id={id} />;
    case 'dataset':
      return <DatasetCard id={id} version={version} />;
    case 'model':
      return <ModelCard id={id} />;
  }
}
