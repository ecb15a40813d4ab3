import * as React from 'react';

import { Page } from '../components/Page';
import { useApp } from '../hooks';

/** The datasets page. */
export function Datasets(): React.JSX.Element {
  const { t } = useApp();
  return <Page title={t('datasets.title')}>{null}</Page>;
}
