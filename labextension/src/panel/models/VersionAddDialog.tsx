/**
 * Makes another of the user's models a version of this one.
 */
import * as React from 'react';

import { Button } from '../../components/basics';
import { Dialog } from '../../components/Dialog';
import { Field } from '../../components/Field';
import { Empty, Failure } from '../../components/states';
import { useAction, useApp, useLive } from '../../hooks';
import { direction } from '../../i18n';
import type { Model } from '../../protocol';
import { directionOf } from '../../text/direction';

/** See the module's comment. */
export function VersionAddDialog(props: {
  model: Model;
  onAdded?: () => void;
  onClose: () => void;
}): React.JSX.Element {
  const { core, t, lang } = useApp();
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
    <Dialog
      title={t('registry.add_version_title', { name: model.name })}
      onClose={props.onClose}
      actions={
        <>
          <Button onClick={props.onClose}>{t('panel.cancel')}</Button>
          <Button
            kind="primary"
            busy={add.busy}
            disabled={!wanted}
            onClick={() => wanted && void add.run(wanted.id)}
          >
            {t('registry.add_version')}
          </Button>
        </>
      }
    >
      <p className="pai-quiet">{t('registry.add_version_help')}</p>
      {wanted ? (
        <>
          <Field label={t('registry.add_version_model')}>
            {ids => (
              <select
                {...ids}
                className="pai-input"
                value={wanted.id}
                onChange={event => setChosen(event.currentTarget.value)}
              >
                {others.map(one => (
                  <option key={one.id} value={one.id}>
                    {one.name}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label={t('registry.version_note')}>
            {ids => (
              <input
                {...ids}
                className="pai-input"
                maxLength={2000}
                value={note}
                dir={directionOf(note, direction(lang))}
                onChange={event => setNote(event.currentTarget.value)}
              />
            )}
          </Field>
          <label className="pai-check">
            <input
              type="checkbox"
              checked={promote}
              onChange={event => setPromote(event.currentTarget.checked)}
            />
            <span>{t('registry.use_at_once')}</span>
          </label>
        </>
      ) : (
        <Empty icon="models" title={t('registry.add_version_none')} />
      )}
      {add.error ? <Failure error={add.error} onClose={add.clear} /> : null}
    </Dialog>
  );
}
