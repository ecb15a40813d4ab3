/**
 * Bringing data in: choose a file, a path or a sample; see the report; keep it or not.
 */
import * as React from 'react';

import { DatasetSamples } from './DatasetsSamples';
import { DatasetCheck } from './DatasetsCheck';
import {
  AUTOMATIC,
  check,
  keep,
  nameOf,
  type Reading,
  type Sent,
  type ImportSource
} from './datasets/importing';
import { Bar, Button, Card, Ltr } from '../components/basics';
import { Field } from '../components/Field';
import { Icon } from '../components/Icon';
import { Page } from '../components/Page';
import { Tabs } from '../components/Tabs';
import { Failure } from '../components/states';
import { toApiError, type ApiError } from '../errors';
import { useApp } from '../hooks';
import type { DatasetReport } from '../protocol';

/** What is going on. */
type Work = { doing: 'checking' | 'saving'; sent: Sent | null } | null;

/** See the module's comment. */
export function DatasetImport(): React.JSX.Element {
  const { core, t, go } = useApp();
  const [way, setWay] = React.useState('file');
  const [source, setSource] = React.useState<ImportSource | null>(null);
  // How the report was read, and how it was last tried: a try that failed changes neither the
  // report nor what would be saved.
  const [reading, setReading] = React.useState<Reading>(AUTOMATIC);
  const [tried, setTried] = React.useState<Reading>(AUTOMATIC);
  const [name, setName] = React.useState('');
  const [report, setReport] = React.useState<DatasetReport | null>(null);
  const [work, setWork] = React.useState<Work>(null);
  const [error, setError] = React.useState<ApiError | null>(null);
  const abort = React.useRef<AbortController | null>(null);
  React.useEffect(() => () => abort.current?.abort(), []);

  const workOn = async (
    doing: 'checking' | 'saving',
    what: (watch: { signal: AbortSignal; onSent: (sent: Sent) => void }) => Promise<void>
  ): Promise<void> => {
    const ending = new AbortController();
    abort.current = ending;
    setWork({ doing, sent: null });
    setError(null);
    try {
      await what({
        signal: ending.signal,
        onSent: sent => !ending.signal.aborted && setWork({ doing, sent })
      });
    } catch (reason) {
      if (!ending.signal.aborted) {
        setError(toApiError(reason));
      }
    }
    if (!ending.signal.aborted) {
      setWork(null);
    }
  };
  const begin = (chosen: ImportSource, how: Reading): Promise<void> => {
    setSource(chosen);
    setTried(how);
    return workOn('checking', async watch => {
      const said = await check(core.api, chosen, how, watch);
      if (!watch.signal.aborted) {
        setReading(how);
        setReport(said);
        setName(old => old || nameOf(chosen));
      }
    });
  };
  const save = (): void => {
    if (source !== null) {
      void workOn('saving', async watch => {
        const made = await keep(core.api, source, reading, name.trim(), watch);
        go({ page: 'datasets', id: made.id });
      });
    }
  };
  const startOver = (): void => {
    abort.current?.abort();
    setWork(null);
    setSource(null);
    setReport(null);
    setError(null);
    setName('');
    setReading(AUTOMATIC);
    setTried(AUTOMATIC);
  };

  return (
    <Page
      crumbs={[{ label: t('datasets.back'), to: { page: 'datasets' } }]}
      title={t('datasets.import_title')}
      sentence={t('datasets.import_sentence')}
    >
      {source === null ? (
        <Card>
          <Tabs
            label={t('datasets.import_title')}
            value={way}
            onChange={setWay}
            items={[
              { id: 'file', label: t('datasets.from_file') },
              { id: 'path', label: t('datasets.from_path') },
              { id: 'sample', label: t('datasets.from_sample') }
            ]}
          />
          <div className="pai-pad">
            {way === 'file' ? (
              <Drop onFile={file => void begin({ kind: 'file', file }, AUTOMATIC)} />
            ) : way === 'path' ? (
              <PathForm onPath={path => void begin({ kind: 'path', path }, AUTOMATIC)} />
            ) : (
              <DatasetSamples />
            )}
          </div>
        </Card>
      ) : (
        <>
          {error ? (
            <Failure
              error={error}
              title={
                error.status === 0 && source.kind === 'file'
                  ? t('datasets.upload_failed')
                  : undefined
              }
              onRetry={() =>
                void (tried === reading && report ? save() : begin(source, tried))
              }
            />
          ) : null}
          {work ? (
            <Working source={source} work={work} onCancel={startOver} />
          ) : (
            <DatasetCheck
              // A failed reading may be mended by saying how to read it.
              report={report}
              source={source}
              tried={tried}
              failed={error !== null}
              name={name}
              onName={setName}
              onAgain={how => void begin(source, how)}
              onSave={save}
              onDiscard={startOver}
            />
          )}
        </>
      )}
    </Page>
  );
}

function Drop({ onFile }: { onFile: (file: File) => void }): React.JSX.Element {
  const { t } = useApp();
  const [over, setOver] = React.useState(false);
  const input = React.useRef<HTMLInputElement>(null);
  return (
    <div
      className="pai-drop"
      data-over={over || undefined}
      onDragOver={event => {
        if (event.dataTransfer.types.includes('Files')) {
          event.preventDefault();
          event.stopPropagation();
          setOver(true);
        }
      }}
      onDragLeave={() => setOver(false)}
      onDrop={event => {
        event.preventDefault();
        event.stopPropagation();
        setOver(false);
        const file = event.dataTransfer.files[0];
        if (file) {
          onFile(file);
        }
      }}
    >
      <Icon name="upload" size={28} />
      <strong>{t('datasets.drop')}</strong>
      <span className="pai-quiet">{t('datasets.drop_or')}</span>
      <Button kind="primary" onClick={() => input.current?.click()}>
        {t('datasets.drop_choose')}
      </Button>
      <small className="pai-quiet">{t('datasets.drop_help')}</small>
      <input
        ref={input}
        type="file"
        hidden
        accept=".txt,.jsonl,.ndjson,.json,.csv,.tsv,.conll,.bio,.iob,text/*,application/json"
        onChange={event => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          if (file) {
            onFile(file);
          }
        }}
      />
    </div>
  );
}

function PathForm({ onPath }: { onPath: (path: string) => void }): React.JSX.Element {
  const { t } = useApp();
  const [path, setPath] = React.useState('');
  return (
    <form
      className="pai-stack"
      onSubmit={event => {
        event.preventDefault();
        if (path.trim() !== '') {
          onPath(path.trim());
        }
      }}
    >
      <Field label={t('datasets.path')} help={t('datasets.drop_help')}>
        {ids => (
          <input
            {...ids}
            className="pai-input pai-ltr"
            dir="ltr"
            spellCheck={false}
            value={path}
            onChange={event => setPath(event.currentTarget.value)}
          />
        )}
      </Field>
      <div className="pai-flow">
        <Button kind="primary" type="submit" disabled={path.trim() === ''}>
          {t('datasets.path_check')}
        </Button>
      </div>
    </form>
  );
}

function Working(props: {
  source: ImportSource;
  work: NonNullable<Work>;
  onCancel: () => void;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  const { source, work } = props;
  const { sent } = work;
  const sending = sent !== null && sent.sent < sent.total;
  const title = sending
    ? t('datasets.uploading')
    : t(work.doing === 'checking' ? 'datasets.checking' : 'datasets.saving');
  return (
    <Card className="pai-working">
      <div className="pai-title">
        <strong role="status">{title}</strong>
        <Ltr>{source.kind === 'file' ? source.file.name : source.path}</Ltr>
        <div className="pai-acts">
          <Button onClick={props.onCancel}>{t('panel.cancel')}</Button>
        </div>
      </div>
      <Bar
        share={sending ? sent.sent / Math.max(1, sent.total) : null}
        label={title}
        thick
      />
      {sending ? (
        <small className="pai-quiet pai-num">
          {t('datasets.upload_speed', {
            sent: fmt.bytes(sent.sent),
            total: fmt.bytes(sent.total),
            speed: fmt.bytes(sent.speed),
            left: fmt.span((sent.total - sent.sent) / Math.max(1, sent.speed))
          })}
        </small>
      ) : null}
    </Card>
  );
}
