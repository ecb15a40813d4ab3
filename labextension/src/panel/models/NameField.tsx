/**
 * The name of a model that is about to be made or registered; without one the service finds one.
 */
import * as React from 'react';

import { NAME_AT_MOST } from '../../components/RenameDialog';
import { TextField } from '../../components/TextField';
import { useApp } from '../../hooks';

/** See the module's comment. */
export function NameField(props: {
  value: string;
  onChange: (name: string) => void;
}): React.JSX.Element {
  const { t } = useApp();
  return (
    <TextField
      label={t('models.register_name')}
      maxLength={NAME_AT_MOST}
      value={props.value}
      onChange={props.onChange}
    />
  );
}
