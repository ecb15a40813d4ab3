/**
 * One thing that is so or not, with its words beside the box.
 */
import * as React from 'react';

/** See the module's comment. */
export function CheckField(props: {
  label: React.ReactNode;
  help?: string;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}): React.JSX.Element {
  return (
    <label className="pai-check">
      <input
        type="checkbox"
        checked={props.checked}
        disabled={props.disabled}
        onChange={event => props.onChange(event.currentTarget.checked)}
      />
      <span>
        {props.label}
        {props.help ? <small className="pai-quiet pai-block">{props.help}</small> : null}
      </span>
    </label>
  );
}
