/**
 * Makes a usable model of what is refused as it is: a folder with pickles, or a GGUF file. A pickle
 * can run code when it is opened, so its dangers and what it would be locked into are said first.
 */
import * as React from 'react';

import { ConfinementBox } from './ConfinementBox';
import { DtypeField } from './DtypeField';
import { NameField } from './NameField';
import { AskDialog } from '../../components/AskDialog';
import { CheckField } from '../../components/CheckField';
import { Icon } from '../../components/Icon';
import { LtrField } from '../../components/LtrField';
import { Failure, Skeleton } from '../../components/states';
import { useAction, useApp, useRequest } from '../../hooks';
import type { ModelImportAsk } from '../../protocol';

/** Whether the path can only be a GGUF file, which holds no code. */
function isGguf(path: string): boolean {
  return /\.gguf$/i.test(path.trim());
}

/** See the module's comment. */
export function ImportDialog(props: {
  path: string;
  onClose: () => void;
}): React.JSX.Element {
  const { core, t, go } = useApp();
  const [path, setPath] = React.useState(props.path);
  const [name, setName] = React.useState('');
  const [dtype, setDtype] = React.useState<ModelImportAsk['dtype']>(null);
  const [accepted, setAccepted] = React.useState(false);
  const confinement = useRequest(() => core.api.models.confinement(), []);
  const pickle = path.trim() !== '' && !isGguf(path);
  const bring = useAction(async () => {
    const job = await core.api.models.bring({
      path: path.trim(),
      name: name.trim(),
      dtype: dtype ?? null,
      accept_risk: pickle && accepted
    });
    go({ page: 'models', view: 'jobs', query: { job: job.id } });
  });
  const ready =
    path.trim() !== '' &&
    (!pickle || (accepted && confinement.data?.possible === true)) &&
    !bring.busy;
  return (
    <AskDialog
      title={t('making.import_title')}
      action={t('making.convert')}
      icon="upload"
      wide
      deed={bring}
      ready={ready}
      onDo={() => void bring.run()}
      onClose={props.onClose}
    >
      <p className="pai-quiet">{t('making.import_help')}</p>
      <LtrField label={t('making.import_path')} value={path} onChange={setPath} />
      <div className="pai-two">
        <NameField value={name} onChange={setName} />
        <DtypeField value={dtype ?? null} onChange={setDtype} />
      </div>
      {pickle ? (
        <div className="pai-danger-box">
          <p className="pai-strong">
            <Icon name="warning" /> {t('making.pickle_title')}
          </p>
          <p>{t('making.pickle_help')}</p>
          {confinement.error ? (
            <Failure error={confinement.error} onRetry={confinement.reload} />
          ) : confinement.data ? (
            <ConfinementBox confinement={confinement.data} />
          ) : (
            <Skeleton lines={3} />
          )}
          <CheckField
            label={t('making.pickle_accept')}
            checked={accepted}
            disabled={confinement.data?.possible !== true}
            onChange={setAccepted}
          />
        </div>
      ) : null}
    </AskDialog>
  );
}
