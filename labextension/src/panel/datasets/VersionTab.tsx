/**
 * The tabs that show one version: its rows, what is known of it, what was found in it. They share
 * its analysis, which is asked for once.
 */
import * as React from 'react';

import { Findings } from './Findings';
import { Know } from './Know';
import { useCounted } from './useCounted';
import { DatasetRows } from '../DatasetsRows';
import { Failure, Skeleton } from '../../components/states';
import { useApp } from '../../hooks';
import type { DatasetVersion } from '../../protocol';

export type TabName = 'rows' | 'know' | 'findings' | 'change' | 'versions' | 'about';

/** See the module's comment. */
export function VersionTab(props: {
  tab: 'rows' | 'know' | 'findings';
  version: DatasetVersion;
  /** Grows when what is known may have changed. */
  round: number;
  onVisit: (tab: TabName, query?: Record<string, string>) => void;
  onLeak: () => void;
}): React.JSX.Element {
  const { core, route } = useApp();
  const { tab, version, round } = props;
  const { dataset_id: dataset, number } = version;
  const stats = useCounted(
    () => core.api.datasets.stats(dataset, number),
    [dataset, number, round]
  );
  const finding = route.query?.['finding'] ?? '';
  if (tab === 'rows') {
    return (
      <>
        {stats.error ? <Failure error={stats.error} onRetry={stats.reload} /> : null}
        <DatasetRows
          shape={version.shape}
          source={{
            key: `${dataset} ${number} ${round}`,
            rows: query =>
              core.api.datasets.preview(dataset, { ...query, version: number }),
            detail: row => core.api.datasets.row(dataset, row, number)
          }}
          findings={stats.data?.findings ?? []}
          finding={finding}
          onFinding={code => props.onVisit('rows', { finding: code })}
        />
      </>
    );
  }
  if (!stats.data) {
    return stats.error ? (
      <Failure error={stats.error} onRetry={stats.reload} />
    ) : (
      <Skeleton height={320} />
    );
  }
  return tab === 'know' ? (
    <Know dataset={dataset} analysis={stats.data} version={number} />
  ) : (
    <Findings
      dataset={dataset}
      analysis={stats.data}
      version={number}
      onRows={code => props.onVisit('rows', { finding: code })}
      onSteps={() => props.onVisit('change')}
      onJob={job => props.onVisit('findings', { job })}
      onLeak={props.onLeak}
    />
  );
}
