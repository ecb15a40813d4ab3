/*
 * Which metrics are looked at together, and what a plot is given of them. Pure.
 */
import { smooth, type Curve, type Curves } from './metrics';

/** Metrics of one axis, by the id that routes and words use. */
export interface View {
  id: string;
  metrics: readonly string[];
}

export type Scale = 'linear' | 'log';

/** The views that we know, in the order in which they are offered. */
export const VIEWS: readonly View[] = [
  { id: 'loss', metrics: ['loss', 'eval_loss'] },
  { id: 'perplexity', metrics: ['eval_perplexity'] },
  { id: 'quality', metrics: ['eval_accuracy', 'eval_macro_f1', 'eval_entity_f1'] },
  { id: 'reward', metrics: ['reward_accuracy', 'eval_reward_accuracy'] },
  { id: 'margin', metrics: ['reward_margin'] },
  { id: 'learning_rate', metrics: ['learning_rate'] },
  { id: 'grad_norm', metrics: ['grad_norm'] },
  { id: 'tokens_per_second', metrics: ['tokens_per_second'] },
  { id: 'mfu', metrics: ['mfu'] },
  { id: 'memory_bytes', metrics: ['memory_bytes'] }
];

const KNOWN = new Set(VIEWS.flatMap(view => view.metrics));
const CALM = new Set(['learning_rate', 'memory_bytes']);

/** Whether a metric has a value at each step and is rough, so that a smooth line helps. */
export function smoothed(metric: string): boolean {
  return !metric.startsWith('eval_') && !CALM.has(metric);
}

/**
 * The views of what there is: the loss always and whole, the others with the metrics that have
 * points, and one view for each metric that we do not know.
 */
export function viewsOf(curves: Curves): View[] {
  const has = (name: string): boolean => (curves.series[name]?.steps.length ?? 0) > 0;
  const known = VIEWS.map(view =>
    view.id === 'loss' ? view : { ...view, metrics: view.metrics.filter(has) }
  ).filter(view => view.metrics.length > 0);
  const others = Object.keys(curves.series)
    .filter(name => !KNOWN.has(name) && has(name))
    .map(name => ({ id: name, metrics: [name] }));
  return [...known, ...others];
}

/** How much of the past a smooth line keeps when nobody chose: more for long runs. */
export function weightOf(count: number): number {
  return Math.min(0.95, Math.max(0.5, 1 - 40 / Math.max(80, count)));
}

const NONE: Curve = { steps: [], values: [] };

/** A curve as its scale can show it: what a logarithm cannot is a gap. */
function scaled(curve: Curve, scale: Scale): Curve {
  return scale === 'linear'
    ? curve
    : {
        steps: curve.steps,
        values: curve.values.map(value => (value !== null && value > 0 ? value : null))
      };
}

/**
 * The sources of a plot: each curve by its name and, where that helps, its smooth line as
 * `NAME_smooth`; with a weight of 0 there is no smooth line.
 */
export function sourcesOf(
  named: readonly { source: string; metric: string; curve: Curve | undefined }[],
  scale: Scale,
  weight: number
): Record<string, Curve> {
  const sources: Record<string, Curve> = {};
  for (const { source, metric, curve = NONE } of named) {
    const shown = scaled(curve, scale);
    sources[source] = shown;
    if (smoothed(metric)) {
      sources[`${source}_smooth`] =
        weight > 0 ? { steps: shown.steps, values: smooth(shown.values, weight) } : NONE;
    }
  }
  return sources;
}
