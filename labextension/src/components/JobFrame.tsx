/**
 * The frame of a job in a list: what it is, its state and time, what can be done about it, and what
 * failed. What is particular to a kind of job is its row's.
 */
import * as React from 'react';

import { Button, StateChip, When } from './basics';
import { Failure } from './states';
import { ApiError } from '../errors';
import type { Action } from '../hooks';
import type { Job } from '../protocol';

/** Of an action of `useAction`, what its button and its failure need. */
export type Deed = Pick<Action<[]>, 'run' | 'busy' | 'error' | 'clear'>;

/** See the module's comment. */
export function JobFrame(props: {
  job: Job;
  /** What it is called, with the chips that belong to it. */
  name: React.ReactNode;
  acts: React.ReactNode;
  /** What `acts` do: their failures are shown. */
  deeds: readonly Deed[];
  children: React.ReactNode;
}): React.JSX.Element {
  const { job } = props;
  return (
    <div className="pai-download">
      <div className="pai-download-head">
        {props.name}
        <StateChip job={job} />
        <small className="pai-quiet">
          <When time={job.ended ?? job.created} />
        </small>
        <div className="pai-acts">{props.acts}</div>
      </div>
      {props.children}
      {job.error ? <Failure error={new ApiError(job.error)} /> : null}
      {props.deeds.map((deed, at) =>
        deed.error ? <Failure key={at} error={deed.error} onClose={deed.clear} /> : null
      )}
    </div>
  );
}

/** Stops a job that works or waits. */
export function StopButton(props: {
  job: Job;
  stop: Deed;
  children: React.ReactNode;
}): React.JSX.Element {
  const { job, stop } = props;
  return (
    <Button
      icon="stop"
      busy={stop.busy}
      disabled={job.stopping}
      onClick={() => void stop.run()}
    >
      {props.children}
    </Button>
  );
}

/** Takes a job that has ended out of its list. */
export function RemoveButton(props: {
  title: string;
  /** Where it has to say which; else the title. */
  label?: string;
  busy: boolean;
  onRemove: () => void;
}): React.JSX.Element {
  return (
    <Button
      kind="quiet"
      icon="trash"
      busy={props.busy}
      title={props.title}
      aria-label={props.label ?? props.title}
      onClick={props.onRemove}
    />
  );
}
