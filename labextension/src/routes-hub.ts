/*
 * The routes of the way to the Hub (token, addresses, limits) and of bundles by name and type; the
 * token goes in and never comes out. No state.
 */
import type {
  Bundle,
  BundleAsk,
  BundleUpload,
  HubCheck,
  HubSettings,
  HubSettingsPatch,
  HubToken,
  Job,
  UnbundleAsk
} from './protocol';
import type { PageOf, Requests, Sending } from './requests';

const id = encodeURIComponent;
const TOKEN = 'settings/huggingface-token';

export function hubRoutes(ask: Requests) {
  return {
    settings: () => ask.get<HubSettings>('settings/hub'),
    change: (change: HubSettingsPatch) => ask.patch<HubSettings>('settings/hub', change),
    check: () => ask.post<HubCheck>('settings/hub/check'),
    token: () => ask.get<HubToken>(TOKEN),
    setToken: (token: string) => ask.put<HubToken>(TOKEN, { token }),
    validateToken: () => ask.post<HubToken>(`${TOKEN}/validate`),
    removeToken: () => ask.remove(TOKEN)
  };
}

export function bundleRoutes(ask: Requests) {
  const of = (job: string): string => `bundles/${id(job)}`;
  return {
    page: (query: { limit?: number; cursor?: string } = {}) =>
      ask.get<PageOf<Job>>('bundles', query),
    get: (job: string) => ask.get<Job>(of(job)),
    /** `key` makes a repeated press one job. */
    pack: (wanted: BundleAsk, key: string) =>
      ask.post<Job>('bundles', wanted, { 'Idempotency-Key': key }),
    look: (path: string) => ask.post<Bundle>('bundles/look', { path }),
    unpack: (wanted: UnbundleAsk, key: string) =>
      ask.post<Job>('bundles/imports', wanted, { 'Idempotency-Key': key }),
    stop: (job: string) => ask.post<Job>(`${of(job)}/stop`),
    resume: (job: string) => ask.post<Job>(`${of(job)}/resume`),
    retry: (job: string) => ask.post<Job>(`${of(job)}/retry`),
    remove: (job: string) => ask.remove(of(job)),
    partPath: (job: string, part: string) => `${of(job)}/parts/${id(part)}`,
    /** One part of this computer's, into a set; without a set a new one begins. */
    send: (part: File, set: string, options: Sending = {}) => {
      const form = new FormData();
      form.set('upload_id', set);
      form.set('file', part);
      return ask.send<BundleUpload>('bundles/uploads', form, options);
    },
    sent: (set: string) => ask.get<BundleUpload>(`bundles/uploads/${id(set)}`),
    dropUpload: (set: string) => ask.remove(`bundles/uploads/${id(set)}`)
  };
}
