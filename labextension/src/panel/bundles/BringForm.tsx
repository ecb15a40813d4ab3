/**
 * Bringing a bundle in: where it lies, what it holds, then the act. Nothing is taken in before
 * what it says of itself was shown.
 */
import * as React from 'react';

import { BundleFacts } from './BundleFacts';
import { SendParts } from './SendParts';
import { Button, Card } from '../../components/basics';
import { PathForm } from '../../components/PathForm';
import { NAME_AT_MOST } from '../../components/RenameDialog';
import { Failure } from '../../components/states';
import { Tabs } from '../../components/Tabs';
import { TextField } from '../../components/TextField';
import { useAction, useApp } from '../../hooks';
import { newKey } from '../../key';
import type { Bundle } from '../../protocol';
import { useRemembered } from '../downloads/remembered';

/** See the module's comment. */
export function BringForm(): React.JSX.Element {
  const { core, t, route } = useApp();
  const [way, setWay] = useRemembered<'path' | 'here'>(
    'bundle-way',
    route.query?.['set'] ? 'here' : 'path'
  );
  const [bundle, setBundle] = useRemembered<Bundle | null>('bundle-seen', null);
  const look = useAction(async (path: string) =>
    setBundle(await core.api.bundles.look(path))
  );
  return (
    <Card title={t('bundles.bring')}>
      {bundle ? (
        <Seen
          key={bundle.path}
          bundle={bundle}
          looking={look.busy}
          sent={way === 'here'}
          onLook={() => void look.run(bundle.path)}
          onLeave={() => {
            look.clear();
            setBundle(null);
          }}
        />
      ) : (
        <>
          <Tabs
            label={t('bundles.bring_ways')}
            value={way}
            onChange={chosen => setWay(chosen === 'here' ? 'here' : 'path')}
            items={[
              { id: 'path', label: t('bundles.from_path') },
              { id: 'here', label: t('bundles.from_here') }
            ]}
          />
          <div className="pai-pad">
            {way === 'path' ? (
              <PathForm
                label={t('bundles.path')}
                help={t('bundles.path_help')}
                action={t('bundles.look')}
                icon="search"
                busy={look.busy}
                onPath={path => void look.run(path)}
              />
            ) : (
              <SendParts looking={look.busy} onArrived={path => void look.run(path)} />
            )}
          </div>
        </>
      )}
      {look.error ? (
        <div className="pai-pad">
          <Failure error={look.error} onClose={look.clear} />
        </div>
      ) : null}
    </Card>
  );
}

/** What was looked at, and the act. */
function Seen(props: {
  bundle: Bundle;
  looking: boolean;
  /** Its parts were sent from this computer, where the missing ones may be too. */
  sent: boolean;
  onLook: () => void;
  onLeave: () => void;
}): React.JSX.Element {
  const { core, t } = useApp();
  const { bundle } = props;
  const [name, setName] = React.useState(bundle.name);
  const [key] = React.useState(newKey);
  const bring = useAction(async () => {
    await core.api.bundles.unpack({ path: bundle.path, name: name.trim() }, key);
    props.onLeave();
  });
  return (
    <div className="pai-pad pai-stack">
      <BundleFacts bundle={bundle} sent={props.sent} />
      <TextField
        label={t('bundles.name')}
        maxLength={NAME_AT_MOST}
        value={name}
        onChange={setName}
      />
      <small className="pai-quiet">{t('bundles.checked_later')}</small>
      <div className="pai-flow">
        <Button
          kind="primary"
          busy={bring.busy}
          disabled={!bundle.complete}
          onClick={() => void bring.run()}
        >
          {t('bundles.import_go')}
        </Button>
        {bundle.complete ? null : (
          <Button icon="retry" busy={props.looking} onClick={props.onLook}>
            {t('bundles.look_again')}
          </Button>
        )}
        <Button onClick={props.onLeave}>
          {t(props.sent && !bundle.complete ? 'bundles.send_more' : 'bundles.another')}
        </Button>
      </div>
      {bring.error ? <Failure error={bring.error} onClose={bring.clear} /> : null}
    </div>
  );
}
