/**
 * Where a notice leads: its link names the job, its kind says of what.
 */
import type { Notification } from '../protocol';
import { parseRoute, type Route } from '../route';

/** null for a notice that leads nowhere. */
export function noticePlace(notice: Pick<Notification, 'kind' | 'link'>): Route | null {
  const target = notice.link ? parseRoute(notice.link) : null;
  if (target === null) {
    return null;
  }
  if (notice.kind.startsWith('download')) {
    return { page: 'downloads', view: 'running' };
  }
  if (notice.kind.startsWith('bundle')) {
    return { page: 'downloads', view: 'bundles' };
  }
  // What a job on data made is found through the job.
  return notice.kind.startsWith('dataset') && target.page === 'training' && target.id
    ? { page: 'datasets', view: 'job', query: { job: target.id } }
    : target;
}
