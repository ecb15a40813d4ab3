/**
 * A labelled line of words: it runs in the direction of what is typed, of the page while it is empty.
 */
import * as React from 'react';

import { Field } from './Field';
import { useApp } from '../hooks';
import { direction } from '../i18n';
import { directionOf } from '../text/direction';

/** See the module's comment. */
export function TextField(props: {
  label: string;
  value: string;
  maxLength: number;
  onChange: (value: string) => void;
}): React.JSX.Element {
  const { lang } = useApp();
  return (
    <Field label={props.label}>
      {ids => (
        <input
          {...ids}
          className="pai-input"
          maxLength={props.maxLength}
          value={props.value}
          dir={directionOf(props.value, direction(lang))}
          onChange={event => props.onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
