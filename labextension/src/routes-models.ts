/*
 * The routes of models by name and type: the registry, what makes a model and what takes one out.
 * No state.
 */
import type {
  AnswersAsk,
  Comparison,
  Confinement,
  ExportAsk,
  Fertility,
  Job,
  Lineage,
  MergeAsk,
  Model,
  ModelAsk,
  ModelImportAsk,
  ModelPatch,
  ModelUsers,
  ModelVersion,
  PushAsk,
  PushPlan,
  ScanAsk,
  Scanned,
  VersionAdd
} from './protocol';
import { items, withQuery, type PageOf, type Requests } from './requests';

const id = encodeURIComponent;

/** In which order models are listed; the newest first without it. */
export const MODEL_SORTS = ['created', 'name', 'bytes', 'parameters'] as const;
export type ModelSort = (typeof MODEL_SORTS)[number];

/** Which models; what is left out does not matter. */
export interface ModelsQuery {
  q?: string;
  source?: string;
  tag?: string;
  sort?: ModelSort;
  limit?: number;
  cursor?: string;
}

export function modelRoutes(ask: Requests) {
  const of = (model: string): string => `models/${id(model)}`;
  const jobOf = (job: string): string => `models/jobs/${id(job)}`;
  const change = (model: string, patch: ModelPatch): Promise<Model> =>
    ask.patch<Model>(of(model), patch);
  return {
    page: (query: ModelsQuery = {}) => ask.get<PageOf<Model>>('models', { ...query }),
    get: (model: string) => ask.get<Model>(of(model)),
    register: (folder: ModelAsk) => ask.post<Model>('models', folder),
    change,
    rename: (model: string, name: string) => change(model, { name }),
    remove: (model: string) => ask.remove(of(model)),
    downloadPath: (model: string, version: number | null = null) =>
      withQuery(`${of(model)}/download`, { version }),

    scan: (where: ScanAsk) => ask.post<Scanned>('models/scan', where),
    users: (model: string, version: number | null = null) =>
      ask.get<ModelUsers>(`${of(model)}/users`, { version }),
    lineage: (model: string) => ask.get<Lineage>(`${of(model)}/lineage`),
    tokenizer: (model: string) => ask.get<Fertility>(`${of(model)}/tokenizer`),

    versions: async (model: string) =>
      items(
        await ask.get<ModelVersion[] | PageOf<ModelVersion>>(`${of(model)}/versions`)
      ),
    addVersion: (model: string, version: VersionAdd) =>
      ask.post<ModelVersion>(`${of(model)}/versions`, version),
    removeVersion: (model: string, version: number) =>
      ask.remove(`${of(model)}/versions/${version}`),
    promote: (model: string, version: number) =>
      ask.post<Model>(`${of(model)}/promote`, { version }),
    rollback: (model: string) => ask.post<Model>(`${of(model)}/rollback`),

    compare: (ids: readonly string[]) =>
      ask.get<Comparison>(
        `models/compare?${ids.map(model => `ids=${id(model)}`).join('&')}`
      ),
    /** Events: `token`, `usage` and `error` of a model each, then `done`. */
    answers: (
      question: AnswersAsk,
      onEvent: (name: string, data: unknown) => void,
      signal?: AbortSignal
    ) =>
      ask.transport.stream(
        'POST',
        'models/compare/answers',
        { body: question, ...(signal ? { signal } : {}) },
        onEvent
      ),

    confinement: () => ask.get<Confinement>('models/confinement'),
    bring: (folder: ModelImportAsk) => ask.post<Job>('models/imports', folder),
    optimize: (what: MergeAsk | ExportAsk) => ask.post<Job>('optimizations', what),
    planPush: (model: string, push: PushAsk) =>
      ask.post<PushPlan>(`${of(model)}/push/plan`, push),
    push: (model: string, push: PushAsk) => ask.post<Job>(`${of(model)}/push`, push),

    jobs: (query: { limit?: number; cursor?: string } = {}) =>
      ask.get<PageOf<Job>>('models/jobs', query),
    job: (job: string) => ask.get<Job>(jobOf(job)),
    stopJob: (job: string) => ask.post<Job>(`${jobOf(job)}/stop`),
    retryJob: (job: string) => ask.post<Job>(`${jobOf(job)}/retry`),
    removeJob: (job: string) => ask.remove(jobOf(job)),
    /** The files that an export wrote. */
    filesPath: (job: string) => `${jobOf(job)}/download`
  };
}
