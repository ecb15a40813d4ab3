/**
 * Makes another of the user's models a version of this one.
 */
import * as React from 'react';

import { AskDialog } from '../../components/AskDialog';
import { CheckField } from '../../components/CheckField';
import { ChoiceField } from '../../components/ChoiceField';
import { Empty } from '../../components/states';
import { TextField } from '../../components/TextField';
import { useAction, useApp, useLive } from '../../hooks';
import type { Model } from '../../protocol';

/** See the module's comment. */
export function VersionAddDialog(props: {
  model: Model;
  onAdded?: () => void;
  onClose: () => void;
}): React.JSX.Element {
  const { core, t } = useApp();
  const { model } = props;
  const others = (useLive(core.models()).state?.items ?? []).filter(
    one => one.id !== model.id && one.task === model.task
  );
  const [chosen, setChosen] = React.useState('');
  const [note, setNote] = React.useState('');
  const [promote, setPromote] = React.useState(false);
  const wanted = others.find(one => one.id === chosen) ?? others[0];
  const add = useAction(async (id: string) => {
    await core.api.models.addVersion(model.id, {
      model_id: id,
      note: note.trim(),
      promote
    });
    props.onAdded?.();
    props.onClose();
  });
  return (
    <AskDialog
      title={t('registry.add_version_title', { name: model.name })}
      action={t('registry.add_version')}
      deed={add}
      ready={wanted !== undefined}
      onDo={() => wanted && void add.run(wanted.id)}
      onClose={props.onClose}
    >
      <p className="pai-quiet">{t('registry.add_version_help')}</p>
      {wanted ? (
        <>
          <ChoiceField
            label={t('registry.add_version_model')}
            value={wanted.id}
            options={others.map(one => [one.id, one.name] as const)}
            onChange={setChosen}
          />
          <TextField
            label={t('registry.version_note')}
            maxLength={2000}
            value={note}
            onChange={setNote}
          />
          <CheckField
            label={t('registry.use_at_once')}
            checked={promote}
            onChange={setPromote}
          />
        </>
      ) : (
        <Empty icon="models" title={t('registry.add_version_none')} />
      )}
    </AskDialog>
  );
}
