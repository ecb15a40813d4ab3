/**
 * The choice of the numbers that weights are written in; null keeps those that they have.
 */
import * as React from 'react';

import { ChoiceField } from '../../components/ChoiceField';
import { useApp } from '../../hooks';

const DTYPES = ['float32', 'bfloat16', 'float16'] as const;
export type Dtype = (typeof DTYPES)[number];

/** See the module's comment. */
export function DtypeField(props: {
  value: Dtype | null;
  onChange: (dtype: Dtype | null) => void;
}): React.JSX.Element {
  const { t } = useApp();
  return (
    <ChoiceField<Dtype | 'same'>
      label={t('making.dtype')}
      value={props.value ?? 'same'}
      options={[
        ['same', t('making.dtype_same')],
        ...DTYPES.map(dtype => [dtype, dtype] as const)
      ]}
      onChange={value => props.onChange(value === 'same' ? null : value)}
    />
  );
}
