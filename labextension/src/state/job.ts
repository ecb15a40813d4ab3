/*
 * A job's screen as a pure reduction of its events over a snapshot. Old events change nothing, so
 * a replay may overlap the snapshot.
 */
import type {
  Checkpoint,
  ErrorBody,
  Evaluation,
  Event,
  Job,
  JobState,
  LogLine,
  Notice,
  Progress,
  Sample
} from '../protocol';

/** How many notices a job shows. */
const NOTICES = 20;

const ENDED: ReadonlySet<JobState> = new Set(['completed', 'failed', 'stopped']);

/** Whether no worker is, or will by itself be, busy with it. */
export function ended(job: Pick<Job, 'state'>): boolean {
  return ENDED.has(job.state);
}

/** Whether its user stopped it with a mind to going on. */
export function paused(job: Pick<Job, 'state' | 'reason'>): boolean {
  return job.state === 'stopped' && job.reason === 'paused';
}

/** The share done, 0..1, or null before it is known. */
export function share(progress: Progress): number | null {
  return progress.total > 0 ? Math.min(1, progress.done / progress.total) : null;
}

/** What happened in a `state` event. */
interface StateData {
  state?: JobState;
  attempt?: number;
  reason?: string;
  stopping?: boolean;
  pausing?: boolean;
  error?: ErrorBody | null;
  result?: Job['result'];
  queue_position?: number | null;
}

/** The job after an event; the same object when nothing changed. */
export function reduceJob(job: Job, event: Event): Job {
  if (event.seq <= job.seq) {
    return job;
  }
  const next = { ...job, seq: event.seq };
  switch (event.type) {
    case 'state':
      return applyState(next, event.data as StateData, event.time);
    case 'progress':
      return {
        ...next,
        progress: { ...job.progress, ...(event.data as Partial<Progress>) }
      };
    case 'metrics':
      return applyMetrics(next, event.data['points'] as [string, number, number | null][]);
    case 'sample':
      return { ...next, sample: event.data as unknown as Sample };
    case 'evaluation':
      return { ...next, evaluation: event.data as unknown as Evaluation };
    case 'notice':
      return {
        ...next,
        notices: [...job.notices, event.data as unknown as Notice].slice(-NOTICES)
      };
    case 'created':
    case 'changed':
      return event.data['id'] === job.id
        ? { ...(event.data as unknown as Job), seq: event.seq }
        : next;
    default:
      return next;
  }
}

function applyState(job: Job, data: StateData, time: string): Job {
  const state = data.state ?? job.state;
  const over = ENDED.has(state);
  // Started over: what was told of the first try no longer holds.
  const anew = state === 'queued' && data.reason === 'retried';
  return {
    ...job,
    state,
    reason: data.reason ?? (state === job.state ? job.reason : ''),
    evaluation: anew ? null : job.evaluation,
    notices: anew ? [] : job.notices,
    pausing: over ? false : (data.pausing ?? (state === job.state ? job.pausing : false)),
    stopping: over
      ? false
      : (data.stopping ?? (state === job.state ? job.stopping : false)),
    attempt: data.attempt ?? job.attempt,
    error: data.error ?? (over ? job.error : null),
    result: data.result ?? job.result,
    queue_position: state === 'queued' ? (data.queue_position ?? job.queue_position) : null,
    started: job.started ?? (state === 'starting' ? time : null),
    ended: over ? (job.ended ?? time) : null
  };
}

function applyMetrics(
  job: Job,
  points: [string, number, number | null][] | undefined
): Job {
  const latest = { ...job.latest };
  const best = { ...job.best };
  for (const [name, , value] of points ?? []) {
    latest[name] = value;
    if (value !== null && value < (best[name] ?? Infinity)) {
      best[name] = value;
    }
  }
  return { ...job, latest, best };
}

/** Checkpoints, newest first; a step that is written again replaces the old one. */
export function reduceCheckpoints(list: Checkpoint[], event: Event): Checkpoint[] {
  if (event.type !== 'checkpoint') {
    return list;
  }
  const fresh = event.data as unknown as Checkpoint;
  const others = list
    .filter(old => old.step !== fresh.step)
    .map(old => (fresh.best ? { ...old, best: false } : old));
  return [fresh, ...others].sort((a, b) => b.step - a.step);
}

/** How many lines of a log a page keeps. */
export const LOG_LINES = 5_000;

/** The log after an event. */
export function reduceLog(lines: LogLine[], event: Event): LogLine[] {
  if (event.type !== 'log' || event.seq <= (lines.at(-1)?.seq ?? 0)) {
    return lines;
  }
  const line: LogLine = {
    seq: event.seq,
    time: event.time,
    attempt: Number(event.data['attempt'] ?? 0),
    level: String(event.data['level'] ?? 'info'),
    message: String(event.data['message'] ?? '')
  };
  return [...lines.slice(-(LOG_LINES - 1)), line];
}

/** What the model wrote at each evaluation, newest first. */
export function reduceSamples(samples: Sample[], event: Event): Sample[] {
  if (event.type !== 'sample') {
    return samples;
  }
  const fresh = event.data as unknown as Sample;
  return [fresh, ...samples.filter(old => old.step < fresh.step)];
}
