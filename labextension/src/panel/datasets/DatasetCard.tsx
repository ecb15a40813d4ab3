/**
 * A dataset in one card: what a notebook shows. Its rows, what is known of it, what was found in it;
 * no navigation and nothing that changes it, as code does that there.
 */
import * as React from 'react';

import { AnalysisTiles, Know } from './Know';
import { FoundList } from './FoundList';
import { useCounted } from './useCounted';
import { DatasetRows } from '../DatasetsRows';
import { Chip } from '../../components/basics';
import { SafeText } from '../../components/SafeText';
import { Failure, Skeleton } from '../../components/states';
import { Tabs } from '../../components/Tabs';
import { useApp, useRequest } from '../../hooks';

const TABS = ['rows', 'know', 'findings'] as const;
/** Rows seen at once: a cell's output is not high. */
const SEEN = 7;

/** `version` null is the newest; the requests are the same that Python makes beforehand. */
export function DatasetCard({
  id,
  version
}: {
  id: string;
  version: number | null;
}): React.JSX.Element {
  const { core, t, fmt } = useApp();
  const [tab, setTab] = React.useState<(typeof TABS)[number]>('rows');
  const [finding, setFinding] = React.useState('');
  const dataset = useRequest(() => core.api.datasets.get(id), [id]);
  const stats = useCounted(() => core.api.datasets.stats(id, version), [id, version]);
  const error = dataset.error ?? stats.error;
  if (!dataset.data || !stats.data) {
    return error ? (
      <Failure
        error={error}
        onRetry={() => {
          dataset.reload();
          stats.reload();
        }}
      />
    ) : (
      <Skeleton height={320} />
    );
  }
  const number = version ?? dataset.data.version;
  const analysis = stats.data;
  return (
    <div className="pai-stack pai-dataset-card">
      <div className="pai-title">
        <h1>
          <SafeText text={dataset.data.name} />
        </h1>
        <Chip tone="quiet">{t(`datasets.shape_${analysis.shape}`)}</Chip>
        {dataset.data.version > 1 ? (
          <Chip tone="accent">{t('versions.version', { n: fmt.number(number) })}</Chip>
        ) : null}
        {dataset.data.normaliser && number === dataset.data.version ? (
          <Chip tone="good">{t('versions.normalised')}</Chip>
        ) : null}
      </div>
      <Tabs
        label={t('versions.tabs')}
        value={tab}
        onChange={next => setTab(TABS.find(one => one === next) ?? 'rows')}
        items={TABS.map(one => ({ id: one, label: t(`versions.tab_${one}`) }))}
      />
      {tab === 'rows' ? (
        <>
          <AnalysisTiles analysis={analysis} />
          <DatasetRows
            shape={analysis.shape}
            seen={SEEN}
            source={{
              key: `${id} ${number}`,
              rows: query => core.api.datasets.preview(id, { ...query, version }),
              detail: row => core.api.datasets.row(id, row, version)
            }}
            findings={analysis.findings}
            finding={finding}
            onFinding={setFinding}
          />
        </>
      ) : tab === 'know' ? (
        <Know dataset={id} analysis={analysis} version={version} />
      ) : (
        <FoundList
          analysis={analysis}
          onRows={code => {
            setFinding(code);
            setTab('rows');
          }}
        />
      )}
    </div>
  );
}
