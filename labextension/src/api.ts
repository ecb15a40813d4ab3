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
  DownloadAsk,
  Engine,
  Estimate,
  Fit,
  Health,
  Job,
  LogLine,
  Me,
  Metrics,
  Notification,
  Preset,
  Recipe,
  Rehearsal,
  Sample,
  System,
  TrainingAsk,
  UserSettings,
  UserSettingsPatch
} from './protocol';
import { items, Requests, type PageOf } from './requests';
import { catalogueRoutes } from './routes-catalogue';
import { datasetRoutes, persianRoutes } from './routes-datasets';
import { bundleRoutes, hubRoutes } from './routes-hub';
import { modelRoutes } from './routes-models';

export type { PageOf } from './requests';
export type { Preset } from './protocol';

const id = encodeURIComponent;

export class Api extends Requests {
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

  readonly datasets = datasetRoutes(this);

  readonly persian = persianRoutes(this);

  readonly catalogue = catalogueRoutes(this);

  readonly hub = hubRoutes(this);

  readonly bundles = bundleRoutes(this);

  readonly models = modelRoutes(this);

  readonly downloads = {
    page: (query: { limit?: number; cursor?: string } = {}) =>
      this.get<PageOf<Job>>('downloads', query),
    get: (job: string) => this.get<Job>(`downloads/${id(job)}`),
    start: (ask: DownloadAsk) => this.post<Job>('downloads', ask),
    pause: (job: string) => this.post<Job>(`downloads/${id(job)}/pause`),
    resume: (job: string) => this.post<Job>(`downloads/${id(job)}/resume`),
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
