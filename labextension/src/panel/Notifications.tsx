import * as React from 'react';

import { Page } from '../components/Page';
import { useApp } from '../hooks';

/** The notifications page. */
export function Notifications(): React.JSX.Element {
  const { t } = useApp();
  return <Page title={t('notifications.title')}>{null}</Page>;
}
