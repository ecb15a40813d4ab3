/**
 * The lines of the settings: a name with its help at one end, what is chosen at the other.
 */
import * as React from 'react';

import { Button } from '../../components/basics';
import { useApp } from '../../hooks';

/** One of a few, side by side. */
export function Choice<Value extends string>(props: {
  label: string;
  help: string;
  value: Value;
  disabled?: boolean;
  options: readonly { value: Value; label: React.ReactNode }[];
  onChange: (value: Value) => void;
}): React.JSX.Element {
  const name = React.useId();
  return (
    <fieldset className="pai-setting" disabled={props.disabled}>
      <legend className="pai-sr">{props.label}</legend>
      <span>
        <strong aria-hidden="true">{props.label}</strong>
        <small>{props.help}</small>
      </span>
      <span className="pai-segments">
        {props.options.map(option => (
          <label key={option.value} data-on={option.value === props.value || undefined}>
            <input
              type="radio"
              name={name}
              checked={option.value === props.value}
              onChange={() => props.onChange(option.value)}
            />
            {option.label}
          </label>
        ))}
      </span>
    </fieldset>
  );
}

/** On or off. */
export function Switch(props: {
  label: string;
  help: string;
  on: boolean;
  disabled?: boolean;
  onChange: (on: boolean) => void;
}): React.JSX.Element {
  return (
    <label className="pai-setting">
      <span>
        <strong>{props.label}</strong>
        <small>{props.help}</small>
      </span>
      <input
        type="checkbox"
        role="switch"
        className="pai-switch"
        checked={props.on}
        disabled={props.disabled}
        onChange={event => props.onChange(event.currentTarget.checked)}
      />
    </label>
  );
}

/** A small whole number that goes up and down by one. */
export function Stepper(props: {
  label: string;
  help: string;
  value: number;
  least?: number;
  most: number;
  /** Names of the two buttons. */
  fewer: string;
  more: string;
  busy: boolean;
  onChange: (value: number) => void;
}): React.JSX.Element {
  const { fmt } = useApp();
  const { value, least = 1, most, busy } = props;
  return (
    <div className="pai-setting" role="group" aria-label={props.label}>
      <span>
        <strong>{props.label}</strong>
        <small>{props.help}</small>
      </span>
      <span className="pai-stepper">
        <Button
          aria-label={props.fewer}
          disabled={value <= least || busy}
          onClick={() => props.onChange(value - 1)}
        >
          −
        </Button>
        <output className="pai-num" aria-live="polite">
          {fmt.number(value)}
        </output>
        <Button
          aria-label={props.more}
          disabled={value >= most || busy}
          onClick={() => props.onChange(value + 1)}
        >
          +
        </Button>
      </span>
    </div>
  );
}
