/*
 * Curves as a pure reduction: the thinned snapshot, then live points. A later attempt repeats the
 * steps after its checkpoint and replaces them. Steps of a series ascend strictly.
 */
import type { Event, Metrics } from '../protocol';

export interface Curve {
  steps: number[];
  /** null where the value was not a number. */
  values: (number | null)[];
}

export interface Curves {
  /** Every event up to this number is in. */
  seq: number;
  attempt: number;
  series: Readonly<Record<string, Curve>>;
}

/** How many points a curve may hold before it is thinned to `KEEP`. */
export const LIMIT = 12_000;
const KEEP = 3_000;

/** Nothing yet. */
export const NO_CURVES: Curves = { seq: 0, attempt: 0, series: {} };

/** The curves of a snapshot; `attempt` is the job's own. */
export function fromMetrics(metrics: Metrics, attempt: number): Curves {
  const series: Record<string, Curve> = {};
  for (const { name, steps, values } of metrics.series) {
    series[name] = { steps, values };
  }
  return { seq: metrics.seq, attempt, series };
}

type Point = [string, number, number | null];

/** The curves after an event; the same object when it says nothing of curves or is old. */
export function reduceCurves(curves: Curves, event: Event): Curves {
  if (event.type !== 'metrics' || event.seq <= curves.seq) {
    return curves;
  }
  const points = (
    Array.isArray(event.data['points']) ? event.data['points'] : []
  ) as Point[];
  const attempt = Number(event.data['attempt'] ?? curves.attempt);
  let series = curves.series;
  if (attempt > curves.attempt && points.length) {
    const first = Math.min(...points.map(([, step]) => step));
    series = Object.fromEntries(
      Object.entries(series).map(([name, curve]) => [name, before(curve, first)])
    );
  }
  const grown = new Map<string, Curve>();
  for (const [name, step, value] of points) {
    let curve = grown.get(name);
    if (!curve) {
      const old = series[name];
      curve = { steps: [...(old?.steps ?? [])], values: [...(old?.values ?? [])] };
      grown.set(name, curve);
    }
    if (step <= (curve.steps.at(-1) ?? -1)) {
      const keep = firstAtLeast(curve.steps, step);
      curve.steps.length = keep;
      curve.values.length = keep;
    }
    curve.steps.push(step);
    curve.values.push(value);
  }
  const next = { ...series };
  for (const [name, curve] of grown) {
    next[name] = curve.steps.length > LIMIT ? thin(curve, KEEP) : curve;
  }
  return { seq: event.seq, attempt: Math.max(attempt, curves.attempt), series: next };
}

/** The part of a curve before a step. */
export function before(curve: Curve, step: number): Curve {
  const keep = firstAtLeast(curve.steps, step);
  return keep === curve.steps.length
    ? curve
    : { steps: curve.steps.slice(0, keep), values: curve.values.slice(0, keep) };
}

/** The index of the first step that is not below `step`. */
function firstAtLeast(steps: number[], step: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle] ?? 0) < step) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** At most about `keep` points: the lowest and the highest of each stretch, and both ends. */
export function thin(curve: Curve, keep: number): Curve {
  const count = curve.steps.length;
  const buckets = Math.max(1, Math.floor(keep / 2));
  if (count <= keep) {
    return curve;
  }
  const chosen = new Set<number>([0, count - 1]);
  for (let bucket = 0; bucket < buckets; bucket++) {
    const start = Math.floor((bucket * count) / buckets);
    const end = Math.floor(((bucket + 1) * count) / buckets);
    let low = start;
    let high = start;
    for (let index = start; index < end; index++) {
      const value = curve.values[index] ?? null;
      if (value === null) {
        chosen.add(index);
        continue;
      }
      if (value < (curve.values[low] ?? Infinity)) {
        low = index;
      }
      if (value > (curve.values[high] ?? -Infinity)) {
        high = index;
      }
    }
    chosen.add(low).add(high);
  }
  const order = [...chosen].sort((a, b) => a - b);
  return {
    steps: order.map(index => curve.steps[index] ?? 0),
    values: order.map(index => curve.values[index] ?? null)
  };
}

/**
 * The exponential moving average of a curve, without its start-up bias. `weight` in [0, 1) is how
 * much of the past stays at each point; a missing value leaves a gap and is forgotten.
 */
export function smooth(values: (number | null)[], weight: number): (number | null)[] {
  let mean = 0;
  let mass = 0;
  return values.map(value => {
    if (value === null) {
      return null;
    }
    mean = weight * mean + (1 - weight) * value;
    mass = weight * mass + (1 - weight);
    return mean / mass;
  });
}
