/**
 * Where one types what a list is searched for. Its label is only spoken, and stands in it while it
 * is empty.
 */
import * as React from 'react';

/** See the module's comment. */
export function SearchInput(props: {
  label: string;
  /** What stands in it instead of the label. */
  hint?: string;
  value: string;
  className?: string;
  onChange: (value: string) => void;
}): React.JSX.Element {
  const { label, hint = label, className = '' } = props;
  return (
    <input
      className={`pai-input ${className}`}
      type="search"
      value={props.value}
      placeholder={hint}
      aria-label={label}
      onChange={event => props.onChange(event.currentTarget.value)}
    />
  );
}
