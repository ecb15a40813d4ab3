import * as React from 'react';

import { Page } from '../components/Page';
import { useApp } from '../hooks';

/** The settings page. */
export function Settings(): React.JSX.Element {
  const { t } = useApp();
  return <Page title={t('settings.title')}>{null}</Page>;
}
