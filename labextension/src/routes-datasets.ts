/*
 * The routes of datasets and of Persian text by name and type; api.ts has the others. No state.
 */
import type {
  Dataset,
  DatasetAnalysis,
  DatasetProblemLine,
  DatasetUsers,
  DatasetVersion,
  Fertility,
  ImportAsk,
  Job,
  Leakage,
  LeakageAsk,
  NormaliseAsk,
  Normalised,
  Normalisers,
  Peek,
  RowDetail,
  Rows,
  SampleInfo,
  SplitAsk,
  Upload,
  VersionAsk,
  VersionDiff,
  VersionPreview
} from './protocol';
import { items, withQuery, type PageOf, type Requests, type Sending } from './requests';

const id = encodeURIComponent;

/** A part of the rows that a file's reading left out; `codes` counts all of them. */
export interface ProblemPage {
  items: DatasetProblemLine[];
  total: number;
  codes: Record<string, number>;
}

/** Which rows: a stretch of those that hold `q`, or that have the finding. */
export interface RowsQuery {
  offset?: number;
  limit?: number;
  q?: string;
  finding?: string;
  version?: number | null;
}

/** Files that a version can be taken along as. */
export const DOWNLOAD_FORMATS = ['jsonl', 'csv', 'parquet'] as const;
export type DownloadFormat = (typeof DOWNLOAD_FORMATS)[number];

/** A figure of a version. */
export type FigureName = 'lengths' | 'labels' | 'tokens';

export function datasetRoutes(ask: Requests) {
  const of = (dataset: string): string => `datasets/${id(dataset)}`;
  const jobOf = (job: string): string => `datasets/jobs/${id(job)}`;
  return {
    page: (query: { limit?: number; cursor?: string } = {}) =>
      ask.get<PageOf<Dataset>>('datasets', query),
    get: (dataset: string) => ask.get<Dataset>(of(dataset)),
    samples: async () => items(await ask.get<SampleInfo[] | PageOf<SampleInfo>>('samples')),
    importSample: (sample: string) => ask.post<Dataset>('datasets', { sample }),
    rename: (dataset: string, name: string) => ask.patch<Dataset>(of(dataset), { name }),
    /** `force` although jobs that stopped or failed could then not be resumed. */
    remove: (dataset: string, force = false) =>
      ask.remove(withQuery(of(dataset), { force: force || null })),
    users: (dataset: string) => ask.get<DatasetUsers>(`${of(dataset)}/users`),
    downloadPath: (
      dataset: string,
      format: DownloadFormat,
      version: number | null = null
    ) => withQuery(`${of(dataset)}/download`, { format, version }),

    /** The file is sent once; what is done with it afterwards names the upload. */
    upload: (file: File, options: Sending = {}) => {
      const form = new FormData();
      form.set('file', file);
      return ask.send<Upload>('datasets/uploads', form, options);
    },
    dropUpload: (upload: string) => ask.remove(`datasets/uploads/${id(upload)}`),
    peek: (wanted: ImportAsk) => ask.post<Peek>('datasets/peek', wanted),
    /** `key` makes a repeated press one job. */
    read: (wanted: ImportAsk, key: string) =>
      ask.post<Job>('datasets/imports', wanted, { 'Idempotency-Key': key }),
    jobs: (query: { limit?: number; cursor?: string } = {}) =>
      ask.get<PageOf<Job>>('datasets/jobs', query),
    job: (job: string) => ask.get<Job>(jobOf(job)),
    stopJob: (job: string) => ask.post<Job>(`${jobOf(job)}/stop`),
    retryJob: (job: string) => ask.post<Job>(`${jobOf(job)}/retry`),
    removeJob: (job: string) => ask.remove(jobOf(job)),
    keep: (job: string, name: string) => ask.post<Dataset>(`${jobOf(job)}/keep`, { name }),
    jobRows: (job: string, query: RowsQuery) =>
      ask.get<Rows>(`${jobOf(job)}/rows`, { ...query }),
    jobStats: (job: string) => ask.get<DatasetAnalysis>(`${jobOf(job)}/stats`),
    problems: (job: string, query: { offset?: number; limit?: number; code?: string }) =>
      ask.get<ProblemPage>(`${jobOf(job)}/problems`, query),
    problemsPath: (job: string) => `${jobOf(job)}/problems.csv`,

    preview: (dataset: string, query: RowsQuery) =>
      ask.get<Rows>(`${of(dataset)}/preview`, { ...query }),
    row: (dataset: string, number: number, version: number | null) =>
      ask.get<RowDetail>(`${of(dataset)}/rows/${number}`, { version }),
    stats: (dataset: string, version: number | null) =>
      ask.get<DatasetAnalysis>(`${of(dataset)}/stats`, { version }),
    tokenizers: async (dataset: string, version: number | null) =>
      items(
        await ask.get<{ items: Fertility[] }>(`${of(dataset)}/tokenizers`, { version })
      ),
    figure: (
      dataset: string,
      name: FigureName,
      look: { version: number | null; theme: 'light' | 'dark'; lang: 'fa' | 'en' }
    ) => ask.get<unknown>(`${of(dataset)}/figures/${name}`, look),
    nearDuplicates: (dataset: string, version: number | null) =>
      ask.post<Job>(withQuery(`${of(dataset)}/near-duplicates`, { version })),

    versions: async (dataset: string) =>
      items(await ask.get<PageOf<DatasetVersion>>(`${of(dataset)}/versions`)),
    makeVersion: (dataset: string, wanted: VersionAsk, key: string) =>
      ask.post<Job>(`${of(dataset)}/versions`, wanted, { 'Idempotency-Key': key }),
    tryVersion: (dataset: string, wanted: VersionAsk) =>
      ask.post<VersionPreview>(`${of(dataset)}/versions/preview`, wanted),
    removeVersion: (dataset: string, number: number, force = false) =>
      ask.remove(withQuery(`${of(dataset)}/versions/${number}`, { force: force || null })),
    diff: (
      dataset: string,
      query: { from: number; to: number; offset?: number; limit?: number }
    ) => ask.get<VersionDiff>(`${of(dataset)}/diff`, query),
    split: (dataset: string, wanted: SplitAsk, key: string) =>
      ask.post<Job>(`${of(dataset)}/split`, wanted, { 'Idempotency-Key': key }),
    leakage: (dataset: string, wanted: LeakageAsk) =>
      ask.post<Leakage>(`${of(dataset)}/leakage`, wanted)
  };
}

export function persianRoutes(ask: Requests) {
  return {
    normalisers: () => ask.get<Normalisers>('persian/normalisers'),
    normalise: (wanted: NormaliseAsk) => ask.post<Normalised>('persian/normalise', wanted)
  };
}
