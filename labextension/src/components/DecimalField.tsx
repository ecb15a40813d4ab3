/**
 * A labelled number as it is typed, in either script; what reads it is `parseNumber`.
 */
import * as React from 'react';

import { Field } from './Field';

/** See the module's comment. */
export function DecimalField(props: {
  label: string;
  value: string;
  error?: string | null | undefined;
  onChange: (value: string) => void;
}): React.JSX.Element {
  return (
    <Field label={props.label} error={props.error}>
      {ids => (
        <input
          {...ids}
          className="pai-input"
          inputMode="decimal"
          value={props.value}
          onChange={event => props.onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
