import * as React from 'react';

import { Page } from '../components/Page';
import { useApp } from '../hooks';

/** The monitor page. */
export function Monitor(): React.JSX.Element {
  const { t } = useApp();
  return <Page title={t('monitor.title')}>{null}</Page>;
}
