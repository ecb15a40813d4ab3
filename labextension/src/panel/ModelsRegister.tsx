/**
 * Asks for the path of a model folder on the server and has it checked and registered.
 */
import * as React from 'react';

import { Button } from '../components/basics';
import { Dialog } from '../components/Dialog';
import { Field } from '../components/Field';
import { LtrField } from '../components/LtrField';
import { NAME_AT_MOST } from '../components/RenameDialog';
import { Failure } from '../components/states';
import { useAction, useApp } from '../hooks';
import { direction } from '../i18n';
import { directionOf } from '../text/direction';

/** See the module's comment. */
export function ModelRegister({ onClose }: { onClose: () => void }): React.JSX.Element {
  const { core, t, lang, go } = useApp();
  const [path, setPath] = React.useState('');
  const [name, setName] = React.useState('');
  const register = useAction(async () => {
    const model = await core.api.models.register({ path: path.trim(), name: name.trim() });
    go({ page: 'models', id: model.id });
  });
  const ready = path.trim() !== '';
  const way = register.error?.body.details?.['convertible'];
  return (
    <Dialog
      title={t('models.register_title')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('panel.cancel')}</Button>
          <Button
            kind="primary"
            busy={register.busy}
            disabled={!ready}
            onClick={() => void register.run()}
          >
            {t(register.busy ? 'models.registering' : 'models.register')}
          </Button>
        </>
      }
    >
      <p className="pai-quiet">{t('models.register_help')}</p>
      <LtrField
        label={t('models.register_path')}
        value={path}
        onChange={setPath}
        onEnter={() => {
          if (ready) {
            void register.run();
          }
        }}
      />
      <Field label={t('models.register_name')}>
        {ids => (
          <input
            {...ids}
            className="pai-input"
            maxLength={NAME_AT_MOST}
            value={name}
            dir={directionOf(name, direction(lang))}
            onChange={event => setName(event.currentTarget.value)}
          />
        )}
      </Field>
      {register.error ? <Failure error={register.error} onClose={register.clear} /> : null}
      {way === 'pickle' || way === 'gguf' ? (
        <div className="pai-acts">
          <Button
            icon="upload"
            onClick={() =>
              go({ page: 'models', view: 'import', query: { path: path.trim() } })
            }
          >
            {t('making.convert_instead')}
          </Button>
        </div>
      ) : null}
    </Dialog>
  );
}
