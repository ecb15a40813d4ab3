/*
 * The smallest parts that every page is made of: buttons, chips, bars, islands, cards.
 */
import * as React from 'react';

import { useApp } from '../hooks';
import type { Job } from '../protocol';
import { paused } from '../state/job';
import { Icon, type IconName } from './Icon';

type ButtonProps = React.ButtonHTMLAttributes<HTMLButtonElement> & {
  kind?: 'plain' | 'primary' | 'danger' | 'quiet';
  icon?: IconName;
  busy?: boolean;
};

/** A button; `primary` at most once a page. While busy it is disabled and says so. */
export const Button = React.forwardRef<HTMLButtonElement, ButtonProps>(function Button(
  { kind = 'plain', icon, busy = false, children, className = '', disabled, ...rest },
  ref
) {
  return (
    <button
      ref={ref}
      type="button"
      {...rest}
      className={`pai-button pai-${kind} ${children ? '' : 'pai-bare'} ${className}`}
      disabled={disabled === true || busy}
      aria-busy={busy || undefined}
    >
      {icon ? <Icon name={icon} /> : null}
      {children}
    </button>
  );
});

/** A left-to-right island in the monospace face: ids, paths, model names, numbers of science. */
export function Ltr({
  children,
  title
}: {
  children: React.ReactNode;
  title?: string;
}): React.JSX.Element {
  return (
    <bdi dir="ltr" className="pai-ltr" title={title}>
      {children}
    </bdi>
  );
}

/** A number in tabular digits. */
export function Num({ children }: { children: React.ReactNode }): React.JSX.Element {
  return <b className="pai-num">{children}</b>;
}

export type Tone = 'accent' | 'good' | 'warm' | 'bad' | 'quiet';

/** A state in a word, with a dot: never colour alone. */
export function Chip({
  tone,
  live = false,
  children
}: {
  tone: Tone;
  live?: boolean;
  children: React.ReactNode;
}): React.JSX.Element {
  return (
    <span className={`pai-chip pai-tone-${tone} ${live ? 'pai-live' : ''}`}>
      {children}
    </span>
  );
}

/** The state of a job as a chip. */
export function StateChip({ job }: { job: Job }): React.JSX.Element {
  const { t } = useApp();
  if (job.stopping) {
    return (
      <Chip tone="warm" live>
        {t(job.pausing ? 'panel.state_pausing' : 'panel.state_stopping')}
      </Chip>
    );
  }
  const tones: Record<Job['state'], Tone> = {
    queued: 'quiet',
    starting: 'accent',
    loading: 'accent',
    running: 'accent',
    completed: 'good',
    failed: 'bad',
    stopped: 'warm'
  };
  const live = ['starting', 'loading', 'running'].includes(job.state);
  const word =
    job.state === 'running' && job.kind !== 'training'
      ? t(`panel.state_running_${job.kind}`)
      : t(paused(job) ? 'panel.state_paused' : `panel.state_${job.state}`);
  return (
    <Chip tone={tones[job.state]} live={live}>
      {word}
    </Chip>
  );
}

/** A bar of 0..1; null moves to and fro. `label` says of what. */
export function Bar({
  share,
  label,
  tone = 'accent',
  thick = false
}: {
  share: number | null;
  label: string;
  tone?: Tone;
  thick?: boolean;
}): React.JSX.Element {
  const percent = share === null ? undefined : Math.round(share * 100);
  return (
    <div
      className={`pai-bar pai-tone-${tone} ${thick ? 'pai-thick' : ''} ${share === null ? 'pai-unknown' : ''}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <i
        style={share === null ? undefined : { inlineSize: `${(share * 100).toFixed(2)}%` }}
      />
    </div>
  );
}

/** A framed area, with an optional heading and an action at its far end. */
export function Card({
  title,
  action,
  children,
  className = ''
}: {
  title?: React.ReactNode;
  action?: React.ReactNode;
  children: React.ReactNode;
  className?: string;
}): React.JSX.Element {
  return (
    <section className={`pai-card ${className}`}>
      {title !== undefined || action !== undefined ? (
        <div className="pai-card-head">
          <h2>{title}</h2>
          {action}
        </div>
      ) : null}
      {children}
    </section>
  );
}

/** How long ago, with the exact time in the tooltip. */
export function When({ time }: { time: string }): React.JSX.Element {
  const { fmt } = useApp();
  return (
    <time dateTime={time} title={fmt.exact(time)}>
      {fmt.ago(time)}
    </time>
  );
}
