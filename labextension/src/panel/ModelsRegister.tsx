/**
 * Asks for the path of a model folder on the server and has it checked and registered.
 */
import * as React from 'react';

import { NameField } from './models/NameField';
import { AskDialog } from '../components/AskDialog';
import { Button } from '../components/basics';
import { LtrField } from '../components/LtrField';
import { useAction, useApp } from '../hooks';

/** See the module's comment. */
export function ModelRegister({ onClose }: { onClose: () => void }): React.JSX.Element {
  const { core, t, go } = useApp();
  const [path, setPath] = React.useState('');
  const [name, setName] = React.useState('');
  const register = useAction(async () => {
    const model = await core.api.models.register({ path: path.trim(), name: name.trim() });
    go({ page: 'models', id: model.id });
  });
  const ready = path.trim() !== '';
  return (
    <AskDialog
      title={t('models.register_title')}
      action={t(register.busy ? 'models.registering' : 'models.register')}
      deed={register}
      ready={ready}
      onDo={() => void register.run()}
      onClose={onClose}
      mend={({ body }) => {
        const way = body.details?.['convertible'];
        return way === 'pickle' || way === 'gguf' ? (
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
        ) : null;
      }}
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
      <NameField value={name} onChange={setName} />
    </AskDialog>
  );
}
