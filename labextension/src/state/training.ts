/*
 * Everything that a training job's page shows, as one live thing.
 */
import type { Api } from '../api';
import type { Checkpoint, Event, Job, LogLine, Sample } from '../protocol';
import { reduceCheckpoints, reduceJob, reduceLog, reduceSamples } from './job';
import type { LiveSource } from './live';
import { fromMetrics, reduceCurves, type Curves } from './metrics';

export interface TrainingState {
  job: Job;
  curves: Curves;
  checkpoints: Checkpoint[];
  log: LogLine[];
  samples: Sample[];
}

/** The training job after an event. */
export function reduceTraining(state: TrainingState, event: Event): TrainingState {
  const fresh = event.seq > state.job.seq;
  return {
    job: reduceJob(state.job, event),
    curves: reduceCurves(state.curves, event),
    checkpoints: fresh ? reduceCheckpoints(state.checkpoints, event) : state.checkpoints,
    log: reduceLog(state.log, event),
    samples: reduceSamples(state.samples, event)
  };
}

/** What a comparison shows of a training: no log, no samples. */
export interface RunState {
  job: Job;
  curves: Curves;
}

/** A training as one of several, live. */
export function runSource(api: Api, id: string): LiveSource<RunState> {
  return {
    topic: `job:${id}`,
    load: async () => {
      const metrics = await api.training.metrics(id);
      const job = await api.training.get(id);
      const state = { job, curves: fromMetrics(metrics, job.attempt) };
      return { state, since: Math.min(metrics.seq, job.seq) };
    },
    reduce: (state, event) => ({
      job: reduceJob(state.job, event),
      curves: reduceCurves(state.curves, event)
    })
  };
}

/**
 * A training job, live. The snapshots are taken one after another and each carries its own event
 * number; the stream goes on from the lowest, and each reducer passes over what it knows.
 * Checkpoints and log come after the job: an event between is seen twice and put in once.
 */
export function trainingSource(api: Api, id: string): LiveSource<TrainingState> {
  return {
    topic: `job:${id}`,
    load: async () => {
      const metrics = await api.training.metrics(id);
      const job = await api.training.get(id);
      const [checkpoints, log, samples] = await Promise.all([
        api.training.checkpoints(id),
        api.training.logs(id),
        api.training.samples(id)
      ]);
      const state: TrainingState = {
        job,
        curves: fromMetrics(metrics, job.attempt),
        checkpoints: [...checkpoints].sort((a, b) => b.step - a.step),
        log,
        samples: [...samples].reverse()
      };
      return { state, since: Math.min(metrics.seq, job.seq) };
    },
    reduce: reduceTraining
  };
}
