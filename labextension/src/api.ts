/*
 * Every route of the service by name and type. It knows no state and no React; a page asks it
 * once and lets the events go on from there.
 */
import type {
  Activity,
  ApiMetrics,
  Checkpoint,
  Conversation,
  ConversationAsk,
  ConversationDetail,
  ConversationPatch,
  Dataset,
  DatasetAsk,
  DatasetReport,
  DownloadAsk,
  Engine,
  Estimate,
  Fit,
  Health,
  Job,
  LogLine,
  Me,
  Metrics,
  Model,
  ModelAsk,
  Notification,
  Page,
  Preset,
  Recipe,
  Rehearsal,
  Rows,
  Sample,
  SampleInfo,
  System,
  TrainingAsk,
  UserSettings,
  UserSettingsPatch
} from './protocol';
import type { RequestOptions, Transport } from './transport';

/** One page of a list; `seq` is the event number that it is a snapshot of. */
export type PageOf<Item> = Omit<Page, 'items'> & { items: Item[] };

export type { Preset } from './protocol';

type Query = Record<string, string | number | boolean | null | undefined>;

/** The path with what is given of the query. */
export function withQuery(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== null && value !== ''
  );
  const text = new URLSearchParams(
    given.map(([key, value]) => [key, String(value)])
  ).toString();
  return text ? `${path}?${text}` : path;
}

const id = encodeURIComponent;

export class Api {
  constructor(readonly transport: Transport) {}

  private get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
    const options = signal ? { signal } : {};
    return this.transport.request('GET', withQuery(path, query), options) as Promise<T>;
  }

  private post<T>(
    path: string,
    body?: unknown,
    headers?: Record<string, string>
  ): Promise<T> {
    const options = { body: body ?? {}, ...(headers ? { headers } : {}) };
    return this.transport.request('POST', path, options) as Promise<T>;
  }

  private patch<T>(path: string, body: unknown): Promise<T> {
    return this.transport.request('PATCH', path, { body }) as Promise<T>;
  }

  private async remove(path: string): Promise<void> {
    await this.transport.request('DELETE', path);
  }

  readonly service = {
    health: () => this.get<Health>('health'),
    me: () => this.get<Me>('me')
  };

  readonly settings = {
    get: () => this.get<UserSettings>('settings'),
    patch: (change: UserSettingsPatch) => this.patch<UserSettings>('settings', change)
  };

  readonly training = {
    recipes: async () =>
      items(await this.get<Recipe[] | PageOf<Recipe>>('training/recipes')),
    presets: async () =>
      items(await this.get<Preset[] | PageOf<Preset>>('training/presets')),
    estimate: (ask: TrainingAsk) => this.post<Estimate>('training/estimate', ask),
    fit: (ask: TrainingAsk) => this.post<Fit>('training/fit', ask),
    rehearse: (ask: TrainingAsk) => this.post<Rehearsal>('training/rehearsal', ask),
    /** `key` makes a repeated press one job. */
    start: (ask: TrainingAsk, key: string) =>
      this.post<Job>('training/jobs', ask, { 'Idempotency-Key': key }),
    page: (query: { limit?: number; cursor?: string; state?: string } = {}) =>
      this.get<PageOf<Job>>('training/jobs', query),
    get: (job: string) => this.get<Job>(`training/jobs/${id(job)}`),
    stop: (job: string) => this.post<Job>(`training/jobs/${id(job)}/stop`),
    pause: (job: string) => this.post<Job>(`training/jobs/${id(job)}/pause`),
    resume: (job: string) => this.post<Job>(`training/jobs/${id(job)}/resume`),
    retry: (job: string) => this.post<Job>(`training/jobs/${id(job)}/retry`),
    remove: (job: string) => this.remove(`training/jobs/${id(job)}`),
    metrics: (job: string, maxPoints = 2000) =>
      this.get<Metrics>(`training/jobs/${id(job)}/metrics`, { max_points: maxPoints }),
    logs: async (job: string, after = 0) =>
      items(
        await this.get<LogLine[] | PageOf<LogLine>>(`training/jobs/${id(job)}/logs`, {
          after
        })
      ),
    samples: async (job: string) =>
      items(await this.get<PageOf<Sample>>(`training/jobs/${id(job)}/samples`)),
    checkpoints: async (job: string) =>
      items(
        await this.get<Checkpoint[] | PageOf<Checkpoint>>(
          `training/jobs/${id(job)}/checkpoints`
        )
      ),
    /** Without `look` it is the loss; notebooks ask for that beforehand, by the same address. */
    figure: (
      job: string,
      theme: 'light' | 'dark',
      lang: 'fa' | 'en',
      look: { metrics?: string; scale?: 'linear' | 'log' } = {}
    ) =>
      this.get<unknown>(`training/jobs/${id(job)}/figure`, {
        theme,
        lang,
        metrics: look.metrics === 'loss,eval_loss' ? null : look.metrics,
        scale: look.scale === 'linear' ? null : look.scale
      }),
    comparisonFigure: (query: {
      metric: string;
      runs: number;
      theme: 'light' | 'dark';
      lang: 'fa' | 'en';
      scale: 'linear' | 'log';
    }) => this.get<unknown>('training/comparison/figure', query),
    csvPath: (job: string) => `training/jobs/${id(job)}/metrics.csv`,
    tensorboardPath: (job: string) => `training/jobs/${id(job)}/tensorboard`,
    downloadPath: (job: string) => `training/jobs/${id(job)}/download`
  };

  readonly datasets = {
    page: (query: { limit?: number; cursor?: string } = {}) =>
      this.get<PageOf<Dataset>>('datasets', query),
    get: (dataset: string) => this.get<Dataset>(`datasets/${id(dataset)}`),
    importPath: (ask: DatasetAsk) => this.post<Dataset>('datasets', ask),
    samples: async () =>
      items(await this.get<SampleInfo[] | PageOf<SampleInfo>>('samples')),
    importSample: (sample: string) => this.post<Dataset>('datasets', { sample }),
    /** `form` has `file` and, as they are known, `name`, `shape`, `fields` (JSON), `encoding`. */
    upload: (form: FormData, options: Pick<RequestOptions, 'signal' | 'onProgress'> = {}) =>
      this.transport.request('POST', 'datasets', {
        body: form,
        ...options
      }) as Promise<Dataset>,
    /** `onProgress` is told how much of the form has been sent. */
    validate: (
      form: FormData,
      options: Pick<RequestOptions, 'signal' | 'onProgress'> = {}
    ) =>
      this.transport.request('POST', 'datasets/validate', {
        body: form,
        ...options
      }) as Promise<DatasetReport>,
    validatePath: (ask: DatasetAsk) => this.post<DatasetReport>('datasets/validate', ask),
    rename: (dataset: string, name: string) =>
      this.patch<Dataset>(`datasets/${id(dataset)}`, { name }),
    remove: (dataset: string) => this.remove(`datasets/${id(dataset)}`),
    preview: (dataset: string, offset = 0, limit = 20, q = '') =>
      this.get<Rows>(`datasets/${id(dataset)}/preview`, { offset, limit, q }),
    downloadPath: (dataset: string) => `datasets/${id(dataset)}/download`
  };

  readonly models = {
    page: (query: { limit?: number; cursor?: string } = {}) =>
      this.get<PageOf<Model>>('models', query),
    get: (model: string) => this.get<Model>(`models/${id(model)}`),
    register: (ask: ModelAsk) => this.post<Model>('models', ask),
    detect: (ask: ModelAsk) => this.post<Model>('models/detect', ask),
    rename: (model: string, name: string) =>
      this.patch<Model>(`models/${id(model)}`, { name }),
    remove: (model: string) => this.remove(`models/${id(model)}`),
    downloadPath: (model: string) => `models/${id(model)}/download`
  };

  readonly downloads = {
    page: (query: { limit?: number; cursor?: string } = {}) =>
      this.get<PageOf<Job>>('downloads', query),
    get: (job: string) => this.get<Job>(`downloads/${id(job)}`),
    start: (ask: DownloadAsk) => this.post<Job>('downloads', ask),
    retry: (job: string) => this.post<Job>(`downloads/${id(job)}/retry`),
    cancel: (job: string) => this.remove(`downloads/${id(job)}`)
  };

  readonly chat = {
    page: (query: { limit?: number; cursor?: string } = {}) =>
      this.get<PageOf<Conversation>>('chat/conversations', query),
    get: (conversation: string) =>
      this.get<ConversationDetail>(`chat/conversations/${id(conversation)}`),
    create: (ask: ConversationAsk) => this.post<Conversation>('chat/conversations', ask),
    patch: (conversation: string, change: ConversationPatch) =>
      this.patch<Conversation>(`chat/conversations/${id(conversation)}`, change),
    remove: (conversation: string) => this.remove(`chat/conversations/${id(conversation)}`),
    removeAll: () => this.remove('chat/conversations'),
    /** Events of an answer in order: message*, token*, usage, then done or error. */
    send: (
      conversation: string,
      text: string,
      onEvent: (name: string, data: unknown) => void,
      signal?: AbortSignal
    ) =>
      this.transport.stream(
        'POST',
        `chat/conversations/${id(conversation)}/messages`,
        { body: { text }, ...(signal ? { signal } : {}) },
        onEvent
      ),
    regenerate: (
      conversation: string,
      onEvent: (name: string, data: unknown) => void,
      signal?: AbortSignal
    ) =>
      this.transport.stream(
        'POST',
        `chat/conversations/${id(conversation)}/regenerate`,
        { body: {}, ...(signal ? { signal } : {}) },
        onEvent
      ),
    stop: (conversation: string) =>
      this.post<unknown>(`chat/conversations/${id(conversation)}/stop`),
    engines: async () => items(await this.get<Engine[] | PageOf<Engine>>('chat/engines')),
    load: (model: string) => this.post<Engine>(`chat/engines/${id(model)}/load`),
    unload: (model: string) => this.post<unknown>(`chat/engines/${id(model)}/unload`)
  };

  readonly monitoring = {
    system: () => this.get<System>('monitoring/system'),
    metrics: () => this.get<ApiMetrics>('monitoring/metrics'),
    percentiles: () => this.get<ApiMetrics>('monitoring/percentiles'),
    activity: async (query: { status?: string } = {}) =>
      items(await this.get<Activity[] | PageOf<Activity>>('monitoring/activity', query))
  };

  readonly notifications = {
    page: (query: { unread?: boolean; limit?: number; cursor?: string } = {}) =>
      this.get<PageOf<Notification>>('notifications', query),
    read: (notice: string) => this.post<Notification>(`notifications/${id(notice)}/read`),
    readAll: () => this.post<unknown>('notifications/read-all'),
    remove: (notice: string) => this.remove(`notifications/${id(notice)}`),
    removeAll: () => this.remove('notifications')
  };
}

/** A list, whether it came bare or as a page. */
function items<Item>(answer: Item[] | { items: Item[] }): Item[] {
  return Array.isArray(answer) ? answer : answer.items;
}
