/*
 * The parts of a training job's screen, shared by its page and the notebook's widget.
 */
import * as React from 'react';

import { useApp } from '../hooks';
import type { Checkpoint, Job, Sample } from '../protocol';
import { directionOf } from '../text/direction';
import { ended, share } from '../state/job';
import { Bar, Card, Num } from './basics';
import { SafeText } from './SafeText';
import { Tile } from './Tile';

/** One sentence of truth: percent, step, epoch, speed, time left, last checkpoint. */
export function ProgressLine({
  job,
  checkpoint
}: {
  job: Job;
  checkpoint?: Checkpoint | undefined;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  const { progress } = job;
  const done = share(progress);
  const working = !ended(job);
  const bar =
    job.state === 'running' || !working
      ? (done ?? (working ? null : 0))
      : job.state === 'queued'
        ? 0
        : null;
  const tone = job.state === 'failed' ? 'bad' : job.state === 'stopped' ? 'warm' : 'accent';
  return (
    <section className="pai-card pai-progress">
      <Bar share={bar} label={job.name} tone={tone} thick />
      <div className="pai-progress-row">
        {done !== null ? <Num>{fmt.percent(done)}</Num> : null}
        {progress.total > 0 ? (
          <span className="pai-num">
            {t('panel.step_of', {
              done: fmt.number(progress.done),
              total: fmt.number(progress.total)
            })}
          </span>
        ) : (
          <span>
            {job.state === 'queued' ? t('training.queue') : t(`panel.state_${job.state}`)}
          </span>
        )}
        {progress.epochs > 0 ? (
          <span className="pai-num">
            {t('panel.epoch_of', {
              done: fmt.number(progress.epoch, 1),
              total: fmt.number(progress.epochs, 1)
            })}
          </span>
        ) : null}
        {working && progress.speed > 0 ? (
          <span className="pai-num">
            {t('panel.tokens_per_second', { n: fmt.number(progress.speed) })}
          </span>
        ) : null}
        {working && typeof progress.eta_seconds === 'number' ? (
          <span>
            {t('training.remaining')} <Num>{fmt.clock(progress.eta_seconds)}</Num>
          </span>
        ) : null}
        {!working && job.started && job.ended ? (
          <span className="pai-num">
            {t('training.elapsed', {
              time: fmt.span((Date.parse(job.ended) - Date.parse(job.started)) / 1000)
            })}
          </span>
        ) : null}
        {checkpoint ? (
          <span className="pai-end">
            {t('training.last_checkpoint')}{' '}
            <Num>
              {t('panel.step')} {fmt.number(checkpoint.step)}
            </Num>
          </span>
        ) : null}
      </div>
    </section>
  );
}

/** The four numbers that matter. */
export function Tiles({ job }: { job: Job }): React.JSX.Element {
  const { t, fmt } = useApp();
  const { latest, best } = job;
  const perplexity = latest['eval_perplexity'];
  const lowest = best['eval_perplexity'];
  const accuracy = latest['eval_accuracy'] ?? latest['eval_reward_accuracy'];
  const number = (value: unknown): value is number => typeof value === 'number';
  const warm = warmup(job);
  return (
    <div className="pai-tiles">
      <Tile
        label={t('training.loss')}
        value={fmt.loss(latest['loss'])}
        note={
          number(best['loss'])
            ? t('training.lowest', { value: fmt.loss(best['loss']) })
            : null
        }
        tip={t('training.tip_loss')}
      />
      {number(accuracy) ? (
        <Tile
          label={t('watch.metric_eval_accuracy')}
          value={fmt.percent(accuracy)}
          note={
            number(latest['eval_macro_f1'])
              ? `${t('watch.metric_eval_macro_f1')}: ${fmt.number(latest['eval_macro_f1'], 3)}`
              : null
          }
        />
      ) : (
        <Tile
          label={t('training.perplexity')}
          value={fmt.loss(perplexity)}
          note={
            !number(perplexity)
              ? t('training.no_eval')
              : number(lowest) && perplexity > lowest
                ? t('training.best_was', { value: fmt.loss(lowest) })
                : t('training.best_so_far')
          }
          tip={t('training.tip_perplexity')}
        />
      )}
      <Tile
        label={t('training.learning_rate')}
        value={fmt.scientific(latest['learning_rate'])}
        note={warm === null ? null : t('training.cosine', { n: fmt.number(warm) })}
        tip={t('training.tip_learning_rate')}
        ltr
      />
      <Tile
        label={t('training.tokens_per_second')}
        value={
          number(latest['tokens_per_second'])
            ? fmt.number(latest['tokens_per_second'])
            : '—'
        }
        note={
          number(latest['mfu'])
            ? `${t('training.tokens_unit')} · MFU ${fmt.percent(latest['mfu'])}`
            : t('training.tokens_unit')
        }
        tip={t('training.tip_speed')}
      />
    </div>
  );
}

function warmup(job: Job): number | null {
  const ratio = job.options['warmup_ratio'];
  return typeof ratio === 'number' && job.progress.total > 0
    ? Math.round(ratio * job.progress.total)
    : null;
}

/** What the model wrote, in the direction of its text. */
export function SampleText({ sample }: { sample: Sample }): React.JSX.Element {
  const { t, fmt } = useApp();
  const text = sample.text.startsWith(sample.prompt)
    ? sample.text
    : sample.prompt + sample.text;
  return (
    <div className="pai-writing">
      <div className="pai-verse" dir={directionOf(text)}>
        <SafeText text={text} />
      </div>
      <small>
        {t('training.sample_caption', {
          step: fmt.number(sample.step),
          temperature: fmt.number(sample.temperature, 2)
        })}
        {' · '}
        {t('training.sample_honest')}
      </small>
    </div>
  );
}

/** The newest sample in a card. */
export function LatestSample({ job }: { job: Job }): React.JSX.Element | null {
  const { t } = useApp();
  return job.sample ? (
    <Card title={t('training.writes_now')}>
      <SampleText sample={job.sample} />
    </Card>
  ) : null;
}
