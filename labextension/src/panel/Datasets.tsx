/**
 * The datasets page: the list, one dataset, or bringing one in, by the place.
 */
import * as React from 'react';

import { DatasetDetail } from './DatasetsDetail';
import { DatasetImport } from './DatasetsImport';
import { Unfinished } from './datasets/Unfinished';
import { Button, Card, Chip, When } from '../components/basics';
import { List } from '../components/List';
import { Older } from '../components/Older';
import { Page } from '../components/Page';
import { SafeText } from '../components/SafeText';
import { Empty, Failure, Loadable, Skeleton } from '../components/states';
import { SearchInput } from '../components/SearchInput';
import { useApp, useLive, useRequest } from '../hooks';
import type { Key } from '../i18n';
import type { Dataset } from '../protocol';
import { jobPlace } from './jobPlace';
import { holds } from '../text/fold';

/** Fewer than this need no search. */
const SEARCH_FROM = 6;

/** See the module's comment. */
export function Datasets(): React.JSX.Element {
  const { route } = useApp();
  if (route.id !== undefined) {
    return <DatasetDetail key={route.id} id={route.id} />;
  }
  if (route.view === 'job' && route.query?.['job']) {
    return <JobForward job={route.query['job']} />;
  }
  return route.view === 'new' ? <DatasetImport /> : <DatasetList />;
}

/** Goes on to where a job is watched, once it is known what it does. */
function JobForward({ job }: { job: string }): React.JSX.Element {
  const { core, t, go } = useApp();
  const asked = useRequest(() => core.api.datasets.job(job), [job]);
  const { data } = asked;
  const latest = React.useRef(go);
  latest.current = go;
  React.useEffect(() => {
    if (data) {
      latest.current(jobPlace(data));
    }
  }, [data]);
  return (
    <Page
      crumbs={[{ label: t('datasets.back'), to: { page: 'datasets' } }]}
      title={asked.error ? t('datasets.missing') : '…'}
    >
      {asked.error ? (
        <Failure error={asked.error} onRetry={asked.reload} />
      ) : (
        <Skeleton height={220} />
      )}
    </Page>
  );
}

/** Where a dataset is from, in words. */
export function useDatasetSource(): (source: string) => string {
  const { t } = useApp();
  return source =>
    ['upload', 'path', 'sample', 'hub'].includes(source)
      ? t(`datasets.source_${source}` as Key)
      : source;
}

function DatasetList(): React.JSX.Element {
  const { core, t, go } = useApp();
  const live = core.datasets();
  const view = useLive(live);
  const [query, setQuery] = React.useState('');
  const add = (
    <Button
      kind="primary"
      icon="plus"
      onClick={() => go({ page: 'datasets', view: 'new' })}
    >
      {t('datasets.add')}
    </Button>
  );
  return (
    <Page
      title={t('datasets.title')}
      sentence={t('datasets.sentence')}
      actions={view.state && view.state.items.length === 0 ? undefined : add}
    >
      <Unfinished />
      <Loadable view={view} skeleton={<Skeleton height={220} />}>
        {({ items, cursor }) => {
          if (items.length === 0) {
            return (
              <Card>
                <Empty icon="datasets" title={t('datasets.empty')} action={add}>
                  {t('datasets.empty_help')}
                </Empty>
              </Card>
            );
          }
          const shown = items.filter(one => holds(one.name, query));
          return (
            <>
              {items.length >= SEARCH_FROM ? (
                <SearchInput
                  className="pai-search"
                  label={t('datasets.search_list')}
                  value={query}
                  onChange={setQuery}
                />
              ) : null}
              <Card>
                {shown.length > 0 ? (
                  <List
                    items={shown}
                    label={t('datasets.title')}
                    onOpen={(one, beside) =>
                      go({ page: 'datasets', id: one.id }, { beside })
                    }
                    render={one => <DatasetRow dataset={one} />}
                  />
                ) : (
                  <Empty icon="search" title={t('datasets.search_none')} />
                )}
              </Card>
              <Older
                live={live}
                cursor={query === '' ? cursor : null}
                page={asked => core.api.datasets.page(asked)}
              >
                {t('datasets.older')}
              </Older>
            </>
          );
        }}
      </Loadable>
    </Page>
  );
}

function DatasetRow({ dataset }: { dataset: Dataset }): React.JSX.Element {
  const { t, fmt } = useApp();
  const sourceOf = useDatasetSource();
  const { stats } = dataset.report;
  return (
    <>
      <span className="pai-row-title">
        <SafeText text={dataset.name} className="pai-strong" />
        <Chip tone="quiet">{t(`datasets.shape_${dataset.shape}`)}</Chip>
        {dataset.version > 1 ? (
          <small className="pai-num">
            {t('versions.version', { n: fmt.number(dataset.version) })}
          </small>
        ) : null}
        {dataset.normaliser ? <Chip tone="good">{t('versions.normalised')}</Chip> : null}
      </span>
      <small>
        <When time={dataset.created} />
      </small>
      <small className="pai-num">
        {[
          sourceOf(dataset.source),
          t('datasets.rows', { n: fmt.number(stats.rows) }),
          fmt.bytes(dataset.bytes)
        ].join(' · ')}
      </small>
    </>
  );
}
