import * as React from 'react';

import { Page } from '../components/Page';
import { useApp } from '../hooks';

/** The downloads page. */
export function Downloads(): React.JSX.Element {
  const { t } = useApp();
  return <Page title={t('downloads.title')}>{null}</Page>;
}
