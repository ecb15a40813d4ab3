/**
 * Where a job is watched.
 */
import { readingFrom, importPlace, sourceFrom } from './datasets/importing';
import type { ImportAsk, Job } from '../protocol';
import type { Route } from '../route';

/** Which tab of a dataset shows what a job on it makes. */
const TABS: Readonly<Record<string, string>> = {
  version: 'change',
  split: 'rows',
  near_duplicates: 'findings'
};

/** See the module's comment. */
export function jobPlace(job: Job): Route {
  if (job.kind === 'download') {
    return { page: 'downloads', view: 'running' };
  }
  if (job.kind === 'bundle') {
    return { page: 'downloads', view: 'bundles', query: { job: job.id } };
  }
  if (job.kind === 'model') {
    const made = job.result?.['model_id'];
    return typeof made === 'string' && made !== ''
      ? { page: 'models', id: made }
      : { page: 'models', view: 'jobs', query: { job: job.id } };
  }
  if (job.kind !== 'dataset') {
    return { page: 'training', id: job.id };
  }
  if (job.recipe !== 'import') {
    const id = String(job.inputs?.['dataset_id'] ?? '');
    return id === ''
      ? { page: 'datasets' }
      : {
          page: 'datasets',
          id,
          view: TABS[job.recipe] ?? 'rows',
          query: { job: job.id }
        };
  }
  const kept = job.result?.['dataset_id'];
  if (typeof kept === 'string' && kept !== '') {
    return { page: 'datasets', id: kept };
  }
  const ask = (job.options ?? {}) as ImportAsk;
  const [file] = (job.inputs?.['files'] ?? []) as { name?: string }[];
  const source = sourceFrom(ask, file?.name ?? job.name);
  return source
    ? importPlace(source, readingFrom(ask), job.id)
    : { page: 'datasets', view: 'new', query: { job: job.id } };
}
