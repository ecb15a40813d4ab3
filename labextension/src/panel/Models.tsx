import * as React from 'react';

import { Page } from '../components/Page';
import { useApp } from '../hooks';

/** The models page. */
export function Models(): React.JSX.Element {
  const { t } = useApp();
  return <Page title={t('models.title')}>{null}</Page>;
}
