/**
 * The name of a model that is about to be made; without one the service finds one.
 */
import * as React from 'react';

import { Field } from '../../components/Field';
import { NAME_AT_MOST } from '../../components/RenameDialog';
import { useApp } from '../../hooks';
import { direction } from '../../i18n';
import { directionOf } from '../../text/direction';

/** See the module's comment. */
export function NameField(props: {
  value: string;
  onChange: (name: string) => void;
}): React.JSX.Element {
  const { t, lang } = useApp();
  return (
    <Field label={t('models.register_name')}>
      {ids => (
        <input
          {...ids}
          className="pai-input"
          maxLength={NAME_AT_MOST}
          value={props.value}
          dir={directionOf(props.value, direction(lang))}
          onChange={event => props.onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
