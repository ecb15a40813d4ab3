import { describe, expect, it } from 'vitest';

import type { Job } from '../protocol';
import {
  chosenRuns,
  differences,
  metricsOf,
  MOST_RUNS,
  withoutRun
} from '../state/compare';
import type { Curves } from '../state/metrics';
import type { RunState } from '../state/training';
import { smoothed, sourcesOf, viewsOf, weightOf } from '../state/views';

const curve = (...values: (number | null)[]): Curves['series'][string] => ({
  steps: values.map((_, index) => index + 1),
  values
});

const curves = (series: Curves['series']): Curves => ({ seq: 1, attempt: 1, series });

describe('views', () => {
  it('offer the loss always, and others as soon as they have points', () => {
    expect(viewsOf(curves({})).map(view => view.id)).toEqual(['loss']);
    const views = viewsOf(
      curves({
        loss: curve(2, 1),
        eval_accuracy: curve(0.5),
        eval_macro_f1: curve(),
        bleu: curve(3)
      })
    );
    expect(views).toEqual([
      { id: 'loss', metrics: ['loss', 'eval_loss'] },
      { id: 'quality', metrics: ['eval_accuracy'] },
      { id: 'bleu', metrics: ['bleu'] }
    ]);
  });

  it('smooth what is rough, and nothing else', () => {
    expect(['loss', 'grad_norm', 'mfu'].every(smoothed)).toBe(true);
    expect(['eval_loss', 'learning_rate', 'memory_bytes'].some(smoothed)).toBe(false);
    expect(weightOf(10)).toBe(0.5);
    expect(weightOf(1e6)).toBe(0.95);
  });

  it('give a plot its sources, with gaps where a logarithm has no answer', () => {
    const loss = curve(4, 0, -1, null, 2);
    const given = [
      { source: 'loss', metric: 'loss', curve: loss },
      { source: 'eval_loss', metric: 'eval_loss', curve: undefined }
    ];
    const linear = sourcesOf(given, 'linear', 0.9);
    expect(linear['loss']).toBe(loss);
    expect(linear['loss_smooth']?.values[0]).toBeCloseTo(4, 12);
    expect(linear['eval_loss']).toEqual({ steps: [], values: [] });
    expect(linear).not.toHaveProperty('eval_loss_smooth');
    const log = sourcesOf(given, 'log', 0);
    expect(log['loss']?.values).toEqual([4, null, null, null, 2]);
    expect(log['loss_smooth']).toEqual({ steps: [], values: [] });
  });
});

describe('a comparison', () => {
  const job = (recipe: string, options: Job['options'], data = 'غزل‌ها'): Job =>
    ({
      recipe,
      options,
      inputs: { dataset_name: data, model_name: null }
    }) as unknown as Job;

  it('takes each id once, and no more than colours can tell apart', () => {
    expect(chosenRuns(undefined)).toEqual([]);
    expect(chosenRuns('a,b,a,,../x,b')).toEqual(['a', 'b']);
    const many = Array.from({ length: 30 }, (_, index) => `id${index}`).join();
    expect(chosenRuns(many)).toHaveLength(MOST_RUNS);
    expect(withoutRun(['a', 'b', 'c'], 'b')).toBe('a,c');
  });

  it('says in what its trainings differ, also deep within', () => {
    const rows = differences([
      job('sft', { epochs: 3, seed: 1, lora: { rank: 8 } }),
      job('sft', { epochs: 3, seed: 2, lora: { rank: 16 }, packing: true }, 'پرسش‌ها')
    ]);
    expect(rows).toEqual([
      { name: 'dataset', values: ['غزل‌ها', 'پرسش‌ها'] },
      { name: 'seed', values: ['1', '2'] },
      { name: 'lora.rank', values: ['8', '16'] },
      { name: 'packing', values: ['', 'true'] }
    ]);
    expect(differences([job('sft', {}), job('sft', {})])).toEqual([]);
  });

  it('offers the metrics of any of them, known ones first', () => {
    const run = (series: Curves['series']): RunState => ({
      job: job('sft', {}),
      curves: curves(series)
    });
    const runs = [run({ bleu: curve(1), mfu: curve(1) }), run({ loss: curve(1) })];
    expect(metricsOf(runs)).toEqual(['loss', 'mfu', 'bleu']);
  });
});
