/**
 * That offline mode is on, where one might wonder why nothing comes; and the way out of it.
 */
import * as React from 'react';

import { Button } from '../../components/basics';
import { Icon } from '../../components/Icon';
import { Failure } from '../../components/states';
import { useApp, useLive } from '../../hooks';
import { useHubChange } from '../settings/hubChange';

/** Whether nobody may be asked; false also while that is not known. */
export function useOffline(): boolean {
  const { core } = useApp();
  return useLive(core.hub()).state?.offline ?? false;
}

/** Nothing while online. */
export function OfflineBanner(): React.JSX.Element | null {
  const { t, go } = useApp();
  const offline = useOffline();
  const change = useHubChange();
  if (!offline) {
    return null;
  }
  return (
    <div className="pai-banner" role="status">
      <Icon name="warning" size={18} />
      <div>
        <strong>{t('hub.offline_on')}</strong>
        <p>{t('hub.offline_says')}</p>
      </div>
      <div className="pai-acts">
        <Button busy={change.busy} onClick={() => void change.run({ offline: false })}>
          {t('hub.go_online')}
        </Button>
        <Button kind="quiet" onClick={() => go({ page: 'downloads', view: 'bundles' })}>
          {t('hub.to_bundles')}
        </Button>
      </div>
      {change.error ? <Failure error={change.error} onClose={change.clear} /> : null}
    </div>
  );
}

/** What still works, and other ways, when the Hub is away though offline mode is not on. */
export function AwayHint(): React.JSX.Element | null {
  const { t, go } = useApp();
  return useOffline() ? null : (
    <div className="pai-banner">
      <Icon name="warning" size={18} />
      <div>
        <strong>{t('hub.away')}</strong>
        <p>{t('hub.away_says')}</p>
      </div>
      <div className="pai-acts">
        <Button icon="settings" onClick={() => go({ page: 'settings' })}>
          {t('hub.to_settings')}
        </Button>
        <Button kind="quiet" onClick={() => go({ page: 'downloads', view: 'bundles' })}>
          {t('hub.to_bundles')}
        </Button>
      </div>
    </div>
  );
}
