/**
 * A labelled line for what is written from the left whatever the language: a path, a repository, a
 * revision.
 */
import * as React from 'react';

import { Field } from './Field';

/** See the module's comment. */
export function LtrField(props: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  help?: string;
  error?: string | undefined;
  onEnter?: () => void;
}): React.JSX.Element {
  const { label, help, error, onEnter } = props;
  return (
    <Field label={label} help={help} error={error}>
      {ids => (
        <input
          {...ids}
          className="pai-input pai-ltr"
          dir="ltr"
          spellCheck={false}
          autoCapitalize="off"
          value={props.value}
          onChange={event => props.onChange(event.currentTarget.value)}
          onKeyDown={onEnter ? event => event.key === 'Enter' && onEnter() : undefined}
        />
      )}
    </Field>
  );
}
