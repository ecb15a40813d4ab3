/**
 * One dataset: its counts, its rows, what was left out, and what can be done with it.
 */
import * as React from 'react';

import { useDatasetSource } from './Datasets';
import { DatasetProblems, DatasetTiles } from './DatasetsReport';
import { LabelCounts } from './datasets/LabelCounts';
import { DatasetRows } from './DatasetsRows';
import { Button, Card, Chip, Ltr, When } from '../components/basics';
import { Confirm } from '../components/Dialog';
import { Facts } from '../components/Facts';
import { Icon } from '../components/Icon';
import { Page } from '../components/Page';
import { MenuItem, Popover } from '../components/Popover';
import { RenameDialog } from '../components/RenameDialog';
import { SafeText } from '../components/SafeText';
import { Failure, Skeleton } from '../components/states';
import { useAction, useApp, useLive, useRequest } from '../hooks';
import type { Dataset } from '../protocol';

/** See the module's comment. */
export function DatasetDetail({ id }: { id: string }): React.JSX.Element {
  const { core, t, go } = useApp();
  const list = useLive(core.datasets());
  const asked = useRequest(() => core.api.datasets.get(id), [id]);
  const dataset = list.state?.items.find(one => one.id === id) ?? asked.data;
  if (dataset) {
    return <Known dataset={dataset} />;
  }
  return (
    <Page
      crumbs={[{ label: t('datasets.back'), to: { page: 'datasets' } }]}
      title={asked.error ? t('datasets.missing') : '…'}
    >
      {asked.error ? (
        <>
          <Failure error={asked.error} onRetry={asked.reload} />
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

function Known({ dataset }: { dataset: Dataset }): React.JSX.Element {
  const { core, t, fmt, go } = useApp();
  const live = core.datasets();
  const sourceOf = useDatasetSource();
  const [ask, setAsk] = React.useState<'rename' | 'delete' | null>(null);
  const remove = useAction(async () => {
    await core.api.datasets.remove(dataset.id);
    go({ page: 'datasets' });
    live.update(state => ({
      ...state,
      items: state.items.filter(one => one.id !== dataset.id)
    }));
  });
  const href = core.transport.url(core.api.datasets.downloadPath(dataset.id));
  const { report } = dataset;
  return (
    <Page
      crumbs={[{ label: t('datasets.back'), to: { page: 'datasets' } }]}
      title={<SafeText text={dataset.name} />}
      state={<Chip tone="quiet">{t(`datasets.shape_${dataset.shape}`)}</Chip>}
      actions={
        <>
          <Popover
            label={t('panel.more')}
            icon="more"
            edge="end"
            content={close => (
              <div className="pai-menu">
                {href === null ? null : (
                  <a
                    data-item
                    className="pai-button pai-quiet pai-menu-item"
                    href={href}
                    download
                  >
                    <Icon name="downloads" />
                    {t('panel.download')}
                  </a>
                )}
                <MenuItem
                  icon="edit"
                  onChoose={() => {
                    close();
                    setAsk('rename');
                  }}
                >
                  {t('panel.rename')}
                </MenuItem>
                <MenuItem
                  icon="trash"
                  danger
                  onChoose={() => {
                    close();
                    setAsk('delete');
                  }}
                >
                  {t('panel.delete')}
                </MenuItem>
              </div>
            )}
          />
          <Button
            kind="primary"
            icon="training"
            onClick={() =>
              go({ page: 'training', view: 'new', query: { dataset: dataset.id } })
            }
          >
            {t('datasets.train')}
          </Button>
        </>
      }
    >
      <DatasetTiles stats={report.stats} bytes={dataset.bytes} />
      <LabelCounts report={report} />
      <DatasetRows dataset={dataset} />
      <DatasetProblems report={report} />
      <Card title={t('datasets.about')}>
        <Facts
          facts={[
            [t('datasets.fact_source'), sourceOf(dataset.source)],
            [
              t('datasets.fact_file'),
              <SafeText key="file" text={report.name} dir="ltr" className="pai-ltr" />
            ],
            [t('datasets.format'), <Ltr key="format">{report.format}</Ltr>],
            [
              t('datasets.encoding'),
              <span key="encoding">
                <Ltr>{report.encoding}</Ltr>
                {report.encoding_guessed ? ` (${t('datasets.encoding_guessed')})` : ''}
              </span>
            ],
            [
              t('datasets.fact_license'),
              dataset.license ? <SafeText key="license" text={dataset.license} /> : null
            ],
            [t('datasets.fact_created'), <When key="when" time={dataset.created} />],
            [t('datasets.fact_hash'), <Ltr key="hash">{dataset.sha256}</Ltr>],
            [t('datasets.fact_id'), <Ltr key="id">{dataset.id}</Ltr>]
          ]}
        />
      </Card>
      {ask === 'rename' ? (
        <RenameDialog
          title={t('datasets.rename_title')}
          name={dataset.name}
          onRename={async name => {
            const changed = await core.api.datasets.rename(dataset.id, name);
            live.update(state => ({
              ...state,
              items: state.items.map(one => (one.id === dataset.id ? changed : one))
            }));
          }}
          onClose={() => setAsk(null)}
        />
      ) : null}
      {ask === 'delete' ? (
        <Confirm
          title={t('datasets.delete_title')}
          action={t('panel.delete')}
          danger
          busy={remove.busy}
          onConfirm={() => void remove.run()}
          onClose={() => setAsk(null)}
        >
          {t('datasets.delete_help', {
            name: dataset.name,
            size: fmt.bytes(dataset.bytes)
          })}
          {remove.error ? <Failure error={remove.error} /> : null}
        </Confirm>
      ) : null}
    </Page>
  );
}
