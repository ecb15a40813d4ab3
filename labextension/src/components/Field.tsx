/*
 * A labelled field with its help and its error, tied together for screen readers.
 */
import * as React from 'react';

export interface FieldIds {
  id: string;
  'aria-describedby': string;
  'aria-invalid': boolean;
}

export function Field({
  label,
  help,
  error,
  tip,
  children
}: {
  label: React.ReactNode;
  help?: React.ReactNode;
  error?: React.ReactNode;
  tip?: string | undefined;
  /** Draws the input; spread what it is given on it. */
  children: (ids: FieldIds) => React.ReactNode;
}): React.JSX.Element {
  const id = React.useId();
  const note = `${id}-note`;
  return (
    <div className="pai-field">
      <label htmlFor={id} title={tip}>
        {label}
      </label>
      {children({ id, 'aria-describedby': note, 'aria-invalid': Boolean(error) })}
      <small id={note} className={error ? 'pai-wrong' : ''}>
        {error ?? help}
      </small>
    </div>
  );
}
