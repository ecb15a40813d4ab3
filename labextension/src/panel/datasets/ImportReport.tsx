/**
 * What was read of a file: how many rows can be used, which cannot and why, the rows themselves.
 * Then it is kept or not.
 */
import * as React from 'react';

import { FoundList } from './FoundList';
import { LabelCounts } from './LabelCounts';
import { MendButton } from './MendButton';
import { Problems } from './Problems';
import { useCounted } from './useCounted';
import { DatasetRows } from '../DatasetsRows';
import { DatasetTiles } from '../DatasetsReport';
import { Button, Card, Chip, Ltr } from '../../components/basics';
import { Facts, type Fact } from '../../components/Facts';
import { Field } from '../../components/Field';
import { Icon } from '../../components/Icon';
import { NAME_AT_MOST } from '../../components/RenameDialog';
import { SafeText } from '../../components/SafeText';
import { Failure, Skeleton } from '../../components/states';
import { Tabs } from '../../components/Tabs';
import type { ApiError } from '../../errors';
import { useAction, useApp } from '../../hooks';
import { direction, type Key } from '../../i18n';
import type { DatasetReport, Job } from '../../protocol';
import { draftOf, keepDraft, NO_DRAFT } from '../../state/drafts';
import { directionOf } from '../../text/direction';

/** What an import has as its result. */
interface ImportResult {
  report: DatasetReport;
  bytes: number;
  dataset_id?: string | null;
}

/** Properties of {@link ImportReport}. */
export interface ImportReportProps {
  job: Job;
  onOtherwise: (() => void) | undefined;
  onDiscard: () => void;
  discarding: boolean;
  error: ApiError | null;
}

/** See the module's comment. */
export function ImportReport(props: ImportReportProps): React.JSX.Element {
  const { core, t, fmt } = useApp();
  const { job } = props;
  const result = job.result as unknown as ImportResult;
  const { report } = result;
  const facts = useFileFacts(report);
  const stats = useCounted(() => core.api.datasets.jobStats(job.id), [job.id]);
  const [finding, setFinding] = React.useState('');
  const [tab, setTab] = React.useState(report.skipped > 0 ? 'problems' : 'rows');
  return (
    <>
      <Verdict {...props} result={result} />
      <Tabs
        label={t('datasets.report')}
        value={tab}
        onChange={setTab}
        items={[
          { id: 'rows', label: t('bring.tab_rows') },
          { id: 'findings', label: t('versions.tab_findings') },
          {
            id: 'problems',
            label: t('bring.tab_problems', { n: fmt.number(report.skipped) })
          },
          { id: 'counts', label: t('bring.tab_counts') },
          { id: 'file', label: t('bring.tab_file') }
        ]}
      />
      {tab === 'rows' ? (
        <DatasetRows
          shape={report.shape}
          source={{
            key: `job:${job.id}`,
            rows: query => core.api.datasets.jobRows(job.id, query)
          }}
          findings={stats.data?.findings ?? []}
          finding={finding}
          onFinding={setFinding}
        />
      ) : tab === 'findings' ? (
        <Card title={t('quality.findings')}>
          {stats.error ? <Failure error={stats.error} onRetry={stats.reload} /> : null}
          {stats.data ? (
            <FoundList
              analysis={stats.data}
              onRows={code => {
                setFinding(code);
                setTab('rows');
              }}
              mend={({ code }) => (
                <MendButton owner={stepsOf(job)} code={code} version={null} />
              )}
            />
          ) : stats.error ? null : (
            <div className="pai-pad">
              <Skeleton lines={5} />
            </div>
          )}
        </Card>
      ) : tab === 'problems' ? (
        <Problems job={job.id} />
      ) : tab === 'counts' ? (
        <>
          <DatasetTiles stats={report.stats} bytes={result.bytes} />
          <LabelCounts labels={report.stats.labels} shape={report.shape} />
        </>
      ) : (
        <Card>
          <Facts facts={facts} />
        </Card>
      )}
    </>
  );
}

/** Whose the steps are that are pressed here, until there is a dataset. */
function stepsOf(job: Job): string {
  return `job:${job.id}`;
}

/** The sentence that decides, and the decision. */
function Verdict({
  job,
  result,
  onOtherwise,
  onDiscard,
  discarding,
  error
}: ImportReportProps & { result: ImportResult }): React.JSX.Element {
  const { core, t, fmt, lang, go } = useApp();
  const { report, dataset_id: kept } = result;
  const [name, setName] = React.useState(job.name);
  const keep = useAction(async () => {
    const made = await core.api.datasets.keep(job.id, name.trim());
    // Mends that were pressed before there was a dataset wait for it as its first steps.
    const draft = draftOf(stepsOf(job));
    if (draft.steps.length > 0) {
      keepDraft(made.id, draft);
      keepDraft(stepsOf(job), NO_DRAFT);
    }
    go({
      page: 'datasets',
      id: made.id,
      ...(draft.steps.length > 0 ? { view: 'change' } : {})
    });
  });
  return (
    <Card className="pai-pad pai-verdict">
      <p>
        <Icon name="check" /> {t('bring.read_ok', { n: fmt.number(report.stats.rows) })}
      </p>
      {report.skipped > 0 ? (
        <p className="pai-warm-text">
          <Icon name="warning" /> {t('bring.read_left', { n: fmt.number(report.skipped) })}
        </p>
      ) : (
        <p className="pai-quiet pai-plain">{t('bring.read_none_left')}</p>
      )}
      {kept ? (
        <div className="pai-flow">
          <span>{t('bring.kept')}</span>
          <Button kind="primary" onClick={() => go({ page: 'datasets', id: kept })}>
            {t('bring.open_kept')}
          </Button>
        </div>
      ) : (
        <form
          className="pai-save"
          onSubmit={event => {
            event.preventDefault();
            void keep.run();
          }}
        >
          <Field label={t('datasets.name')}>
            {ids => (
              <input
                {...ids}
                className="pai-input"
                value={name}
                maxLength={NAME_AT_MOST}
                dir={directionOf(name, direction(lang))}
                onChange={event => setName(event.currentTarget.value)}
              />
            )}
          </Field>
          <div className="pai-acts">
            {onOtherwise ? (
              <Button onClick={onOtherwise}>{t('bring.otherwise')}</Button>
            ) : null}
            <Button busy={discarding} onClick={onDiscard}>
              {t('bring.discard')}
            </Button>
            <Button
              kind="primary"
              icon="check"
              type="submit"
              busy={keep.busy}
              disabled={name.trim() === '' || report.stats.rows === 0}
            >
              {t('bring.keep')}
            </Button>
          </div>
        </form>
      )}
      {keep.error ? <Failure error={keep.error} onClose={keep.clear} /> : null}
      {error ? <Failure error={error} /> : null}
    </Card>
  );
}

/** What the file was, and how it was read. */
export function useFileFacts(report: DatasetReport): Fact[] {
  const { t } = useApp();
  return [
    [
      t('datasets.fact_file'),
      <SafeText key="file" text={report.name} dir="ltr" className="pai-ltr" />
    ],
    [t('datasets.format'), <Ltr key="format">{report.format}</Ltr>],
    [
      t('datasets.encoding'),
      <span key="encoding">
        <Ltr>{report.encoding}</Ltr>{' '}
        {report.encoding_guessed ? (
          <Chip tone="warm">{t('datasets.encoding_guessed')}</Chip>
        ) : null}
      </span>
    ],
    [t('datasets.shape'), t(`datasets.shape_${report.shape}`)],
    [
      t('datasets.fields'),
      report.fields.length > 0 ? <Ltr key="fields">{report.fields.join(', ')}</Ltr> : null
    ],
    ...Object.entries(report.mapping).map(([ours, theirs]): Fact => [
      t(`datasets.map_${ours}` as Key),
      <Ltr key={ours}>{theirs}</Ltr>
    ])
  ];
}
