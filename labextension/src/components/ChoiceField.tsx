/**
 * A labelled choice of one among a few, each a value and its words.
 */
import * as React from 'react';

import { Field } from './Field';

/** See the module's comment. */
export function ChoiceField<Value extends string>(props: {
  label: string;
  value: Value;
  options: readonly (readonly [Value, string])[];
  onChange: (value: Value) => void;
}): React.JSX.Element {
  return (
    <Field label={props.label}>
      {ids => (
        <select
          {...ids}
          className="pai-input"
          value={props.value}
          // What can be chosen are the options' values.
          onChange={event => props.onChange(event.currentTarget.value as Value)}
        >
          {props.options.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
