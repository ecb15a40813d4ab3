import { describe, expect, it } from 'vitest';

import type { Checkpoint, Event, Job, Metrics } from '../protocol';
import { ended, reduceCheckpoints, reduceJob, reduceLog, share } from '../state/job';
import { append, reduceList, type ListState } from '../state/list';
import { before, fromMetrics, LIMIT, reduceCurves, smooth, thin } from '../state/metrics';

const PROGRESS: Job['progress'] = {
  done: 0,
  total: 0,
  unit: 'step',
  epoch: 0,
  epochs: 0,
  speed: 0,
  eta_seconds: null,
  elapsed_seconds: 0,
  rows: 0,
  detail: '',
  received: 0,
  files: []
};

const JOB: Job = {
  id: 'a',
  kind: 'training',
  recipe: 'pretrain',
  name: 'غزل‌ساز',
  state: 'queued',
  reason: '',
  stopping: false,
  pausing: false,
  attempt: 0,
  options: {},
  inputs: {},
  progress: PROGRESS,
  latest: {},
  best: {},
  sample: null,
  evaluation: null,
  notices: [],
  error: null,
  result: {},
  queue_position: 1,
  created: '2026-11-21T10:00:00.000Z',
  started: null,
  ended: null,
  seq: 10
};

function event(
  seq: number,
  type: Event['type'],
  data: Event['data'],
  topic = 'job:a'
): Event {
  return { seq, time: '2026-11-21T10:00:01.000Z', topic, type, data };
}

describe('a job', () => {
  it('goes from the queue to its end', () => {
    const states = ['starting', 'loading', 'running', 'completed'];
    const last = states.reduce(
      (job, state, index) =>
        reduceJob(job, event(11 + index, 'state', { state, attempt: 1 })),
      JOB
    );
    expect(last.state).toBe('completed');
    expect(ended(last)).toBe(true);
    expect(last.attempt).toBe(1);
    expect(last.started).not.toBeNull();
    expect(last.ended).not.toBeNull();
    expect(last.queue_position).toBeNull();
  });

  it('passes over what its snapshot already knows', () => {
    expect(reduceJob(JOB, event(10, 'state', { state: 'failed' }))).toBe(JOB);
  });

  it('is paused with a reason, and tells a pause under way from a stop', () => {
    const asked = reduceJob(JOB, event(11, 'state', { stopping: true, pausing: true }));
    expect([asked.stopping, asked.pausing]).toEqual([true, true]);
    const over = reduceJob(
      asked,
      event(12, 'state', { state: 'stopped', reason: 'paused' })
    );
    expect([over.stopping, over.pausing, over.reason]).toEqual([false, false, 'paused']);
  });

  it('keeps its latest evaluation and twenty notices, until it is started over', () => {
    const evaluation = {
      step: 4,
      labels: ['a'],
      confusion: [[1]],
      per_label: [],
      others: 0,
      others_per_label: 0
    };
    let job = reduceJob(JOB, event(11, 'evaluation', evaluation));
    for (let step = 0; step < 25; step++) {
      job = reduceJob(job, event(12 + step, 'notice', { code: 'plateau', step }));
    }
    expect(job.evaluation).toEqual(evaluation);
    expect(job.notices.map(notice => notice.step)).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 5)
    );
    const resumed = reduceJob(
      job,
      event(50, 'state', { state: 'queued', reason: 'resumed' })
    );
    expect(resumed.notices).toHaveLength(20);
    const anew = reduceJob(job, event(50, 'state', { state: 'queued', reason: 'retried' }));
    expect([anew.evaluation, anew.notices]).toEqual([null, []]);
  });

  it('forgets the end and the error when it is resumed', () => {
    const error = {
      code: 'x',
      message: 'm',
      message_fa: 'پ',
      hint: '',
      hint_fa: '',
      details: {}
    };
    const failed = reduceJob(JOB, event(11, 'state', { state: 'failed', error }));
    expect(failed.error?.code).toBe('x');
    const again = reduceJob(failed, event(12, 'state', { state: 'queued', attempt: 1 }));
    expect(again.error).toBeNull();
    expect(again.ended).toBeNull();
  });

  it('keeps a stop that was asked for until it has ended', () => {
    const asked = reduceJob(JOB, event(11, 'state', { state: 'queued', stopping: true }));
    expect(asked.stopping).toBe(true);
    expect(reduceJob(asked, event(12, 'progress', { done: 3 })).stopping).toBe(true);
    expect(reduceJob(asked, event(12, 'state', { state: 'stopped' })).stopping).toBe(false);
  });

  it('keeps the latest and the lowest value of each metric, and missing ones', () => {
    const points = [
      ['loss', 1, 4],
      ['loss', 2, 3],
      ['loss', 3, null],
      ['eval_loss', 3, 5]
    ];
    const job = reduceJob(JOB, event(11, 'metrics', { attempt: 1, points }));
    expect(job.latest).toEqual({ loss: null, eval_loss: 5 });
    expect(job.best).toEqual({ loss: 3, eval_loss: 5 });
  });

  it('knows no share before the total is known', () => {
    expect(share(PROGRESS)).toBeNull();
    expect(share({ ...PROGRESS, done: 3, total: 2 })).toBe(1);
  });

  it('replaces a checkpoint of the same step and has one best', () => {
    const checkpoint = (step: number, attempt: number, best: boolean): Checkpoint => ({
      job_id: 'a',
      attempt,
      step,
      bytes: 1,
      eval_loss: 1,
      best,
      created: JOB.created
    });
    const list = [
      checkpoint(50, 1, true),
      checkpoint(100, 1, false),
      checkpoint(100, 2, true)
    ];
    const all = list.reduce<Checkpoint[]>(
      (old, data, index) =>
        reduceCheckpoints(old, event(20 + index, 'checkpoint', { ...data })),
      []
    );
    expect(all.map(c => [c.step, c.attempt, c.best])).toEqual([
      [100, 2, true],
      [50, 1, false]
    ]);
  });

  it('takes each line of its log once', () => {
    const line = event(30, 'log', { attempt: 1, level: 'info', message: 'x' });
    const once = reduceLog([], line);
    expect(reduceLog(once, line)).toBe(once);
    expect(once).toHaveLength(1);
  });
});

const SNAPSHOT: Metrics = {
  job_id: 'a',
  seq: 10,
  series: [
    { name: 'loss', count: 3, steps: [1, 2, 3], values: [9, 8, 7] },
    { name: 'eval_loss', count: 1, steps: [3], values: [7.5] }
  ]
};

describe('curves', () => {
  const start = fromMetrics(SNAPSHOT, 1);
  const metrics = (seq: number, attempt: number, points: unknown[]): Event =>
    event(seq, 'metrics', { attempt, points });

  it('go on from the snapshot', () => {
    const next = reduceCurves(start, metrics(11, 1, [['loss', 4, 6]]));
    expect(next.series['loss']).toEqual({ steps: [1, 2, 3, 4], values: [9, 8, 7, 6] });
    expect(start.series['loss']?.steps).toHaveLength(3);
  });

  it('pass over old events', () => {
    expect(reduceCurves(start, metrics(10, 1, [['loss', 4, 6]]))).toBe(start);
  });

  it('let a later attempt replace everything from its first step on', () => {
    const next = reduceCurves(start, metrics(11, 2, [['loss', 2, 5]]));
    expect(next.series['loss']).toEqual({ steps: [1, 2], values: [9, 5] });
    expect(next.series['eval_loss']?.steps).toEqual([]);
    expect(next.attempt).toBe(2);
  });

  it('do not let an evaluation of the present step replace its loss', () => {
    const next = reduceCurves(start, metrics(11, 1, [['eval_perplexity', 3, 20]]));
    expect(next.series['loss']?.steps).toEqual([1, 2, 3]);
  });

  it('stay ascending and equal when an event overlaps the snapshot', () => {
    const next = reduceCurves(
      start,
      metrics(12, 1, [
        ['loss', 3, 7],
        ['loss', 4, 6]
      ])
    );
    expect(next.series['loss']).toEqual({ steps: [1, 2, 3, 4], values: [9, 8, 7, 6] });
  });

  it('are thinned without losing their extremes', () => {
    const steps = Array.from({ length: LIMIT + 1 }, (_, index) => index);
    const values = steps.map(step =>
      step === 5000 ? 99 : step === 7001 ? -99 : Math.sin(step)
    );
    const few = thin({ steps, values }, 1000);
    expect(few.steps.length).toBeLessThan(1100);
    expect(few.values).toContain(99);
    expect(few.values).toContain(-99);
    expect(few.steps.at(-1)).toBe(LIMIT);
    expect([...few.steps].sort((a, b) => a - b)).toEqual(few.steps);
  });

  it('are cut before a step', () => {
    expect(before({ steps: [1, 5, 9], values: [1, 2, 3] }, 5)).toEqual({
      steps: [1],
      values: [1]
    });
  });

  it('are smoothed without a bias at the start, gaps kept', () => {
    expect(smooth([4, 4, null, 4], 0.9)).toEqual([
      4,
      expect.closeTo(4),
      null,
      expect.closeTo(4)
    ]);
  });
});

describe('a list', () => {
  const item = (
    id: string,
    minute: number
  ): { id: string; created: string; name?: string } => ({
    id,
    created: `2026-11-21T10:0${minute}:00.000Z`
  });
  const list: ListState<{ id: string; created: string; name?: string }> = {
    seq: 5,
    items: [item('b', 2), item('a', 1)],
    cursor: null
  };

  it('puts what is new first, changes what it has, drops what is deleted', () => {
    let next = reduceList(list, event(6, 'created', item('c', 3), 'jobs'));
    next = reduceList(next, event(7, 'changed', { ...item('a', 1), name: 'x' }, 'jobs'));
    next = reduceList(next, event(8, 'deleted', { id: 'b' }, 'jobs'));
    expect(next.items.map(i => [i.id, i.name])).toEqual([
      ['c', undefined],
      ['a', 'x']
    ]);
  });

  it('passes over old events and repeats nothing of a further page', () => {
    expect(reduceList(list, event(5, 'deleted', { id: 'a' }, 'jobs'))).toBe(list);
    const more = append(list, { items: [item('a', 1), item('z', 0)], next_cursor: 'n' });
    expect(more.items.map(i => i.id)).toEqual(['b', 'a', 'z']);
    expect(more.cursor).toBe('n');
  });
});
