/**
 * The choice of one version of a model; null is the current one, whichever it is then.
 */
import * as React from 'react';

import { ChoiceField } from '../../components/ChoiceField';
import { useApp } from '../../hooks';
import type { Model } from '../../protocol';

/** Nothing while there is only one. `numbers` are those that there are, if they are known. */
export function VersionField(props: {
  model: Model;
  numbers: readonly number[];
  value: number | null;
  onChange: (version: number | null) => void;
}): React.JSX.Element | null {
  const { t, fmt } = useApp();
  if (props.model.versions < 2 || props.numbers.length < 2) {
    return null;
  }
  return (
    <ChoiceField<string>
      label={t('registry.version_choice')}
      value={String(props.value ?? '')}
      options={[
        ['', t('registry.version_current', { n: fmt.number(props.model.version) })],
        ...props.numbers.map(
          number =>
            [String(number), t('registry.version', { n: fmt.number(number) })] as const
        )
      ]}
      onChange={value => props.onChange(value === '' ? null : Number(value))}
    />
  );
}
