/**
 * Merges a LoRA adapter into this model; the result is a new model.
 */
import * as React from 'react';

import { DtypeField, type Dtype } from './DtypeField';
import { NameField } from './NameField';
import { Button } from '../../components/basics';
import { Dialog } from '../../components/Dialog';
import { LtrField } from '../../components/LtrField';
import { Failure } from '../../components/states';
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
    <Dialog
      title={t('making.merge_title', { name: model.name })}
      onClose={props.onClose}
      wide
      actions={
        <>
          <Button onClick={props.onClose}>{t('panel.cancel')}</Button>
          <Button
            kind="primary"
            busy={merge.busy}
            disabled={adapter.trim() === ''}
            onClick={() => void merge.run()}
          >
            {t('making.merge_go')}
          </Button>
        </>
      }
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
      <label className="pai-check">
        <input
          type="checkbox"
          checked={anyBase}
          onChange={event => setAnyBase(event.currentTarget.checked)}
        />
        <span>
          {t('making.merge_any_base')}
          <small className="pai-quiet pai-block">{t('making.merge_any_base_help')}</small>
        </span>
      </label>
      {merge.error ? <Failure error={merge.error} onClose={merge.clear} /> : null}
    </Dialog>
  );
}
