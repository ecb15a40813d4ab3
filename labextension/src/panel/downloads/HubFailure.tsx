/**
 * Why the Hub did not answer. Where it is only away, what goes on working is said along.
 */
import * as React from 'react';

import { AwayHint, useOffline } from './OfflineBanner';
import { Failure } from '../../components/states';
import type { ApiError } from '../../errors';
import { useApp } from '../../hooks';

/** See the module's comment. */
export function HubFailure({
  error,
  onRetry
}: {
  error: ApiError;
  onRetry: () => void;
}): React.JSX.Element {
  const { t } = useApp();
  const away = error.body.code === 'hub_offline';
  const offline = useOffline() && away;
  return (
    <>
      <Failure
        error={error}
        onRetry={onRetry}
        title={
          offline ? t('hub.offline_on') : away ? t('downloads.offline_title') : undefined
        }
      />
      {away ? <AwayHint /> : null}
    </>
  );
}
