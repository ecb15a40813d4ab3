/*
 * Which trainings are compared, and in what they differ. Pure.
 */
import type { Job } from '../protocol';
import type { RunState } from './training';
import { VIEWS } from './views';

/** More lines than this cannot be told apart by colour. */
export const MOST_RUNS = 10;

/** A training and its place, which is its colour for as long as it is compared. */
export interface Run extends RunState {
  place: number;
}

/** Metrics that any of the runs has, in the order of the views. */
export function metricsOf(runs: readonly RunState[]): string[] {
  const present = new Set(runs.flatMap(run => Object.keys(run.curves.series)));
  const known = VIEWS.flatMap(view => view.metrics);
  return [
    ...known.filter(name => present.has(name)),
    ...[...present].filter(name => !known.includes(name))
  ];
}

/** The ids in a route: each once, at most `MOST_RUNS`. */
export function chosenRuns(text: string | undefined): string[] {
  const ids = (text ?? '').split(',').filter(id => /^[\w-]+$/.test(id));
  return [...new Set(ids)].slice(0, MOST_RUNS);
}

/** The ids for a route, without one. */
export function withoutRun(ids: readonly string[], gone: string): string {
  return ids.filter(id => id !== gone).join(',');
}

export interface Difference {
  /** `recipe`, `dataset`, `model`, or the path of an option. */
  name: string;
  /** In the order of the jobs; empty where a job has none. */
  values: string[];
}

/** Everything in which these jobs do not agree. */
export function differences(jobs: readonly Job[]): Difference[] {
  const asked = jobs.map(job => ({
    recipe: job.recipe,
    dataset: said(job.inputs['dataset_name']),
    model: said(job.inputs['model_name']),
    ...flat(job.options)
  }));
  const names = [...new Set(asked.flatMap(one => Object.keys(one)))];
  return names
    .map(name => ({
      name,
      values: asked.map(one => (one as Record<string, string>)[name] ?? '')
    }))
    .filter(({ values }) => values.some(value => value !== values[0]));
}

function said(value: unknown): string {
  if (value === null || value === undefined) {
    return '';
  }
  return typeof value === 'object' ? JSON.stringify(value) : String(value as string);
}

/** Options as one level: `shape.layers`. */
function flat(
  options: Readonly<Record<string, unknown>>,
  before = ''
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(options).flatMap(([name, value]): [string, string][] =>
      value !== null && typeof value === 'object' && !Array.isArray(value)
        ? Object.entries(flat(value as Record<string, unknown>, `${before}${name}.`))
        : [[`${before}${name}`, said(value)]]
    )
  );
}
