/**
 * Beside a repository with terms to accept: whether there is a token to fetch it with.
 */
import * as React from 'react';

import { Button } from '../../components/basics';
import { Icon } from '../../components/Icon';
import { useApp, useRequest } from '../../hooks';

/** Nothing while that is not known. */
export function NeedsToken(): React.JSX.Element | null {
  const { core, t, go } = useApp();
  const token = useRequest(() => core.api.hub.token(), []).data;
  if (!token) {
    return null;
  }
  if (token.set && token.valid !== false) {
    return token.last_four ? (
      <p className="pai-quiet pai-small">
        {t('hub.gated_with', { last: token.last_four })}
      </p>
    ) : null;
  }
  return (
    <div className="pai-warned">
      <Icon name="warning" />
      <span>{t(token.set ? 'hub.gated_refused' : 'hub.gated_without')}</span>
      <Button icon="settings" onClick={() => go({ page: 'settings' })}>
        {t('hub.gated_set')}
      </Button>
    </div>
  );
}
