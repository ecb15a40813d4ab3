import * as React from 'react';

import { Page } from '../components/Page';
import { useApp } from '../hooks';

/** The training pages. */
export function Training(): React.JSX.Element {
  const { t } = useApp();
  return <Page title={t('training.title')}>{null}</Page>;
}
