/**
 * The settings of the way to the Hub: offline, token, addresses, proxy, limits. Every change is
 * sent and in force at once, for downloads under way too.
 */
import * as React from 'react';

import { Endpoints } from './Endpoints';
import { useHubChange } from './hubChange';
import { Limits } from './Limits';
import { ProxyForm } from './ProxyForm';
import { Switch } from './Rows';
import { TokenCard } from './TokenCard';
import { Card } from '../../components/basics';
import { Failure, Loadable, Skeleton } from '../../components/states';
import { useApp, useLive } from '../../hooks';

/** See the module's comment. */
export function HubSection(): React.JSX.Element {
  const { core, t } = useApp();
  const view = useLive(core.hub());
  const change = useHubChange();
  return (
    <section className="pai-stack" aria-labelledby="pai-hub-title">
      <div>
        <h2 id="pai-hub-title" className="pai-section-title">
          {t('hub.title')}
        </h2>
        <p className="pai-quiet">{t('hub.sentence')}</p>
      </div>
      {change.error ? <Failure error={change.error} onClose={change.clear} /> : null}
      <Loadable view={view} skeleton={<Skeleton height={180} />}>
        {settings => (
          <>
            <Card className="pai-settings">
              <Switch
                label={t('hub.offline')}
                help={t('hub.offline_help')}
                on={settings.offline}
                disabled={change.busy}
                onChange={offline => void change.run({ offline })}
              />
            </Card>
            <TokenCard />
            <Endpoints settings={settings} change={change} />
            <ProxyForm settings={settings} />
            <Limits settings={settings} change={change} />
          </>
        )}
      </Loadable>
    </section>
  );
}
