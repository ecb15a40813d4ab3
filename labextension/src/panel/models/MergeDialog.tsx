/**
 * Merges a LoRA adapter into this model; the result is a new model.
 */
import * as React from 'react';

import { DtypeField, type Dtype } from './DtypeField';
import { NameField } from './NameField';
import { AskDialog } from '../../components/AskDialog';
import { CheckField } from '../../components/CheckField';
import { LtrField } from '../../components/LtrField';
import { useAction, useApp } from '../../hooks';
import type { Model } from '../../protocol';

/** See the module's comment. */
export function MergeDialog(props: {
  model: Model;
  onClose: () => void;
}): React.JSX.Element {
  const { core, t, go } = useApp();
  const { model } = props;
  const [adapter, setAdapter] = React.useState('');
  const [name, setName] = React.useState('');
  const [dtype, setDtype] = React.useState<Dtype | null>(null);
  const [anyBase, setAnyBase] = React.useState(false);
  const merge = useAction(async () => {
    const job = await core.api.models.optimize({
      recipe: 'merge',
      adapter: adapter.trim(),
      model_id: model.id,
      name: name.trim(),
      dtype,
      any_base: anyBase
    });
    go({ page: 'models', view: 'jobs', query: { job: job.id } });
  });
  return (
    <AskDialog
      title={t('making.merge_title', { name: model.name })}
      action={t('making.merge_go')}
      wide
      deed={merge}
      ready={adapter.trim() !== ''}
      onDo={() => void merge.run()}
      onClose={props.onClose}
    >
      <p className="pai-quiet">{t('making.merge_help')}</p>
      <LtrField
        label={t('making.merge_adapter')}
        help={t('making.merge_adapter_help')}
        value={adapter}
        onChange={setAdapter}
      />
      <div className="pai-two">
        <NameField value={name} onChange={setName} />
        <DtypeField value={dtype} onChange={setDtype} />
      </div>
      <CheckField
        label={t('making.merge_any_base')}
        help={t('making.merge_any_base_help')}
        checked={anyBase}
        onChange={setAnyBase}
      />
    </AskDialog>
  );
}
