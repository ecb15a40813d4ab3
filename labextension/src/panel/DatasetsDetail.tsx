/**
 * One dataset in tabs: its rows, what is known of it, what was found in it, its next version, its
 * versions. Tab, version and the job that works on it are parts of the place.
 */
import * as React from 'react';

import { About } from './datasets/About';
import { Change } from './datasets/Change';
import { DatasetMenu, type Deed } from './datasets/DatasetMenu';
import { DeleteDialog } from './datasets/DeleteDialog';
import { LeakDialog } from './datasets/LeakDialog';
import { MakingCard } from './datasets/MakingCard';
import { SplitDialog } from './datasets/SplitDialog';
import { VersionTab, type TabName } from './datasets/VersionTab';
import { Versions } from './datasets/Versions';
import { Button, Chip } from '../components/basics';
import { Page } from '../components/Page';
import { RenameDialog } from '../components/RenameDialog';
import { SafeText } from '../components/SafeText';
import { Failure, Skeleton } from '../components/states';
import { Tabs } from '../components/Tabs';
import { useApp, useLive, useRequest } from '../hooks';
import type { Dataset, DatasetVersion } from '../protocol';
import { useDraft } from '../state/drafts';

const TABS = ['rows', 'know', 'findings', 'change', 'versions', 'about'] as const;

/** See the module's comment. */
export function DatasetDetail({ id }: { id: string }): React.JSX.Element {
  const { core, t, go } = useApp();
  const list = useLive(core.datasets());
  const asked = useRequest(() => core.api.datasets.get(id), [id]);
  const dataset = list.state?.items.find(one => one.id === id) ?? asked.data;
  const versions = useRequest(
    () => core.api.datasets.versions(id),
    [id, dataset?.version ?? 0]
  );
  if (dataset && versions.data) {
    return <Known dataset={dataset} versions={versions.data} onChanged={versions.reload} />;
  }
  const error = dataset ? versions.error : asked.error;
  return (
    <Page
      crumbs={[{ label: t('datasets.back'), to: { page: 'datasets' } }]}
      title={
        dataset ? <SafeText text={dataset.name} /> : error ? t('datasets.missing') : '…'
      }
    >
      {error ? (
        <>
          <Failure
            error={error}
            onRetry={() => {
              asked.reload();
              versions.reload();
            }}
          />
          <div className="pai-flow">
            <Button onClick={() => go({ page: 'datasets' })}>{t('datasets.back')}</Button>
          </div>
        </>
      ) : (
        <Skeleton height={320} />
      )}
    </Page>
  );
}

function Known(props: {
  dataset: Dataset;
  versions: readonly DatasetVersion[];
  onChanged: () => void;
}): React.JSX.Element {
  const { core, t, fmt, go, route } = useApp();
  const { dataset } = props;
  const { id } = dataset;
  const versions = [...props.versions].sort((a, b) => b.number - a.number);
  const query = route.query ?? {};
  const newest = versions[0];
  const shown =
    versions.find(one => one.number === Number(query['version'] ?? 0)) ?? newest;
  const tab = TABS.find(one => one === route.view) ?? 'rows';
  const [deed, setDeed] = React.useState<Deed | null>(null);
  // What a job has found out is asked for again when it has ended.
  const [round, setRound] = React.useState(0);
  const [, change] = useDraft(id);
  const visit = (view: TabName | 'change' | 'versions', more: typeof query = {}): void =>
    go({ page: 'datasets', id, view, query: { ...query, ...more } });
  const forget = (...names: string[]): void => {
    const rest = Object.fromEntries(
      Object.entries(query).filter(([name]) => !names.includes(name))
    );
    go({ page: 'datasets', id, view: tab, query: rest });
  };
  const train = (number: number): void =>
    go({
      page: 'training',
      view: 'new',
      query: { dataset: id, dataset_version: String(number) }
    });
  const { job } = query;
  return (
    <Page
      crumbs={[{ label: t('datasets.back'), to: { page: 'datasets' } }]}
      title={<SafeText text={dataset.name} />}
      state={
        <>
          <Chip tone="quiet">{t(`datasets.shape_${shown?.shape ?? dataset.shape}`)}</Chip>
          {shown && versions.length > 1 ? (
            <select
              className="pai-input pai-version-choice"
              aria-label={t('versions.shown')}
              value={shown.number}
              onChange={event => visit(tab, { version: event.currentTarget.value })}
            >
              {versions.map(({ number }) => (
                <option key={number} value={number}>
                  {t('versions.version', { n: fmt.number(number) })}
                  {number === newest?.number ? ` (${t('versions.newest')})` : ''}
                </option>
              ))}
            </select>
          ) : null}
          {shown?.normaliser ? <Chip tone="good">{t('versions.normalised')}</Chip> : null}
        </>
      }
      actions={
        <>
          <DatasetMenu dataset={id} version={shown?.number ?? null} onDeed={setDeed} />
          <Button
            kind={tab === 'change' ? 'plain' : 'primary'}
            icon="training"
            onClick={() => train(shown?.number ?? dataset.version)}
          >
            {t('datasets.train')}
          </Button>
        </>
      }
    >
      {job ? (
        <MakingCard
          key={job}
          id={job}
          onDone={() => {
            setRound(n => n + 1);
            props.onChanged();
          }}
          onDismiss={() => forget('job')}
          onVersion={number =>
            go({
              page: 'datasets',
              id,
              view: 'versions',
              query: { version: String(number) }
            })
          }
          onFindings={() => visit('findings')}
        />
      ) : null}
      <Tabs
        label={t('versions.tabs')}
        value={tab}
        onChange={next => visit(next as TabName)}
        items={TABS.map(one => ({ id: one, label: t(`versions.tab_${one}`) }))}
      />
      {!shown || !newest ? (
        <Skeleton height={320} />
      ) : tab === 'change' ? (
        <Change
          dataset={id}
          versions={versions}
          newest={newest}
          onJob={made => visit('change', { job: made })}
        />
      ) : tab === 'versions' ? (
        <Versions
          dataset={id}
          versions={versions}
          pair={
            query['from'] && query['to']
              ? { from: Number(query['from']), to: Number(query['to']) }
              : null
          }
          onOpen={number => visit('rows', { version: String(number) })}
          onPair={pair =>
            visit('versions', { from: String(pair.from), to: String(pair.to) })
          }
          onTrain={train}
          onChanged={props.onChanged}
        />
      ) : tab === 'about' ? (
        <About dataset={dataset} version={shown} />
      ) : (
        <VersionTab
          key={`${id} ${shown.number}`}
          tab={tab}
          version={shown}
          round={round}
          onVisit={visit}
          onLeak={() => setDeed('leak')}
        />
      )}
      {deed === 'rename' ? (
        <RenameDialog
          title={t('datasets.rename_title')}
          name={dataset.name}
          onRename={async name => {
            const changed = await core.api.datasets.rename(id, name);
            core.datasets().update(state => ({
              ...state,
              items: state.items.map(one => (one.id === id ? changed : one))
            }));
          }}
          onClose={() => setDeed(null)}
        />
      ) : deed === 'delete' ? (
        <DeleteDialog dataset={dataset} onClose={() => setDeed(null)} />
      ) : deed === 'split' && shown ? (
        <SplitDialog
          name={dataset.name}
          version={shown}
          onJob={made => {
            setDeed(null);
            visit(tab, { job: made });
          }}
          onClose={() => setDeed(null)}
        />
      ) : deed === 'leak' && shown ? (
        <LeakDialog
          version={shown}
          onStep={step => {
            change(draft => ({ steps: [...draft.steps, step], version: shown.number }));
            setDeed(null);
            visit('change');
          }}
          onClose={() => setDeed(null)}
        />
      ) : null}
    </Page>
  );
}
