/**
 * A choice of one among a few, each a value and its words: labelled, or in a row of filters, where
 * the words chosen say enough and its label is only spoken.
 */
import * as React from 'react';

import { Field, type FieldIds } from './Field';

interface ChoiceProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly (readonly [Value, string])[];
  onChange: (value: Value) => void;
}

/** With its label above it. */
export function ChoiceField<Value extends string>(
  props: ChoiceProps<Value>
): React.JSX.Element {
  return <Field label={props.label}>{ids => <Select {...props} named={ids} />}</Field>;
}

/** With a label that is only spoken. */
export function FilterChoice<Value extends string>(
  props: ChoiceProps<Value>
): React.JSX.Element {
  return <Select {...props} named={{ 'aria-label': props.label }} />;
}

function Select<Value extends string>(
  props: ChoiceProps<Value> & { named: FieldIds | { 'aria-label': string } }
): React.JSX.Element {
  return (
    <select
      {...props.named}
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
  );
}
