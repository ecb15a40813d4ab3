/*
 * What every page and widget shares: the client, the stream, the settings and the live stores,
 * each made once. It knows neither JupyterLab nor React.
 */
import { Api } from './api';
import { toApiError, type ApiError } from './errors';
import { formats, type Format } from './format';
import { translator, type Lang, type Translate } from './i18n';
import type {
  Dataset,
  Event,
  HubSettings,
  Job,
  Model,
  Notification,
  System,
  UserSettings
} from './protocol';
import type { Route } from './route';
import { reduceJob } from './state/job';
import { Live, type LiveSource } from './state/live';
import { reduceList, type Listed, type ListState } from './state/list';
import {
  runSource,
  trainingSource,
  type RunState,
  type TrainingState
} from './state/training';
import { EventStream } from './stream';
import type { Transport } from './transport';

export const DEFAULTS: UserSettings = {
  language: 'fa',
  digits: 'persian',
  notify_on_end: true,
  concurrent_jobs: 1
};

/** What the reader chose, and the words and formats that follow from it. */
export interface Locale {
  settings: UserSettings;
  lang: Lang;
  t: Translate;
  fmt: Format;
}

function localeOf(settings: UserSettings): Locale {
  return {
    settings,
    lang: settings.language,
    t: translator(settings.language),
    fmt: formats(settings.language, settings.digits)
  };
}

export class Core {
  constructor(
    readonly transport: Transport,
    /** Opens a page; `beside` asks for a tab of its own. */
    readonly open: (route: Route, options?: { beside?: boolean }) => void,
    settings: UserSettings = DEFAULTS
  ) {
    this.api = new Api(transport);
    this.stream = new EventStream(transport);
    this.currentLocale = localeOf(settings);
  }

  readonly api: Api;
  readonly stream: EventStream;

  /** The locale now; a new object at each change of the settings. */
  readonly locale = (): Locale => this.currentLocale;

  /** Watch the locale. */
  readonly onLocale = (callback: () => void): (() => void) => {
    this.watchers.add(callback);
    return () => this.watchers.delete(callback);
  };

  /** Load the user's settings and follow them. */
  start(): void {
    this.leaveSettings ??= this.live('settings', () => ({
      topic: 'settings',
      load: async () => {
        const [me, settings] = await Promise.all([
          this.api.notifications.page({ limit: 1 }),
          this.api.settings.get()
        ]);
        return { state: settings, since: me.seq };
      },
      reduce: (settings: UserSettings, event: Event) => ({
        ...settings,
        ...(event.data as Partial<UserSettings>)
      })
    })).watch(() => {
      const { state } = this.live<UserSettings>('settings').view();
      if (state) {
        this.adopt(state);
      }
    });
  }

  /** Use these settings from now on, as when the server has just said them. */
  adopt(settings: UserSettings): void {
    if (JSON.stringify(settings) !== JSON.stringify(this.currentLocale.settings)) {
      this.currentLocale = localeOf(settings);
      for (const watcher of [...this.watchers]) {
        watcher();
      }
    }
  }

  /** Ask the server to change settings; they are in force when this resolves. */
  async choose(change: Partial<UserSettings>): Promise<void> {
    this.adopt(await this.api.settings.patch(change));
  }

  /** The shared live store of a key; `source` makes it at the first use. */
  live<State>(key: string, source?: () => LiveSource<State>): Live<State> {
    let live = this.lives.get(key) as Live<State> | undefined;
    if (!live) {
      if (!source) {
        throw toApiError(`no live store ${key}`);
      }
      live = new Live(this.stream, source());
      this.lives.set(key, live as Live<unknown>);
    }
    return live;
  }

  /** The live training job of an id. */
  readonly job = (id: string): Live<TrainingState> =>
    this.live(`job:${id}`, () => trainingSource(this.api, id));

  /** A training as one of several that are compared. */
  readonly run = (id: string): Live<RunState> =>
    this.live(`run:${id}`, () => runSource(this.api, id));

  readonly jobs = (): Live<ListState<Job>> =>
    this.list('jobs', limit => this.api.training.page({ limit }));

  readonly downloads = (): Live<ListState<Job>> =>
    this.list('downloads', limit => this.api.downloads.page({ limit }));

  readonly models = (): Live<ListState<Model>> =>
    this.list('models', limit => this.api.models.page({ limit }));

  /** One model by itself, where the list of all is not wanted. */
  readonly model = (id: string): Live<Model> =>
    this.live(`model:${id}`, () => ({
      topic: 'models',
      load: async () => {
        const model = await this.api.models.get(id);
        return { state: model, since: model.seq };
      },
      reduce: (old: Model, event: Event) =>
        event.seq > old.seq && event.type === 'changed' && event.data['id'] === id
          ? { ...(event.data as unknown as Model), seq: event.seq }
          : old
    }));

  /** Jobs that make a model of something, or take one out. */
  readonly modelJobs = (): Live<ListState<Job>> =>
    this.list('model_jobs', limit => this.api.models.jobs({ limit }));

  /** A job that makes a model of something, or takes one out. */
  readonly modelJob = (id: string): Live<Job> =>
    this.live(`model-job:${id}`, () => ({
      topic: `job:${id}`,
      load: async () => {
        const job = await this.api.models.job(id);
        return { state: job, since: job.seq };
      },
      reduce: reduceJob
    }));

  /** Jobs that pack a model or a dataset, or take one in. */
  readonly bundles = (): Live<ListState<Job>> =>
    this.list('bundles', limit => this.api.bundles.page({ limit }));

  /** How the Hub is reached; what one page changes, the others see. */
  readonly hub = (): Live<HubSettings> =>
    this.live('hub', () => ({
      topic: 'settings',
      load: async () => {
        const [latest, state] = await Promise.all([
          this.api.notifications.page({ limit: 1 }),
          this.api.hub.settings()
        ]);
        return { state, since: latest.seq };
      },
      reduce: (settings: HubSettings, event: Event) => ({
        ...settings,
        ...(event.data['hub'] as Partial<HubSettings> | undefined)
      })
    }));

  readonly datasets = (): Live<ListState<Dataset>> =>
    this.list('datasets', limit => this.api.datasets.page({ limit }));

  /** Jobs that read files in, or make something of datasets. */
  readonly datasetJobs = (): Live<ListState<Job>> =>
    this.list('dataset_jobs', limit => this.api.datasets.jobs({ limit }));

  /** A job that reads a file in, or makes something of a dataset. */
  readonly datasetJob = (id: string): Live<Job> =>
    this.live(`dataset-job:${id}`, () => ({
      topic: `job:${id}`,
      load: async () => {
        const job = await this.api.datasets.job(id);
        return { state: job, since: job.seq };
      },
      reduce: reduceJob
    }));

  readonly notifications = (): Live<ListState<Notification>> =>
    this.list('notifications', limit => this.api.notifications.page({ limit }));

  /** The machine, pushed about once a second while somebody looks. */
  readonly system = (): Live<System> =>
    this.live('system', () => ({
      topic: 'system',
      load: async () => ({ state: await this.api.monitoring.system(), since: 0 }),
      reduce: (old: System, event: Event) =>
        event.type === 'system' ? (event.data as unknown as System) : old
    }));

  /** Whether the service could be reached at the last try, and why not. */
  readonly failure = (): ApiError | null => this.live('settings').view().error;

  /** Leave everything. */
  dispose(): void {
    this.leaveSettings?.();
    this.leaveSettings = null;
    this.stream.dispose();
  }

  private list<Item extends Listed>(
    topic: string,
    page: (
      limit: number
    ) => Promise<{ items: Item[]; next_cursor: string | null; seq: number }>
  ): Live<ListState<Item>> {
    return this.live(topic, () => ({
      topic,
      load: async () => {
        const { items, next_cursor, seq } = await page(50);
        return { state: { seq, items, cursor: next_cursor }, since: seq };
      },
      reduce: (list, event) => reduceList(list, event)
    }));
  }

  private currentLocale: Locale;
  private readonly watchers = new Set<() => void>();
  private readonly lives = new Map<string, Live<unknown>>();
  private leaveSettings: (() => void) | null = null;
}
