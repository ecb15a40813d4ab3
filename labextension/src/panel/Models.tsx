/**
 * The models page: the list, one model, or several beside each other, by the place.
 */
import * as React from 'react';

import { ModelsCompare } from './ModelsCompare';
import { ModelDetail } from './ModelsDetail';
import { ModelsList } from './ModelsList';
import { useApp } from '../hooks';

/** See the module's comment. */
export function Models(): React.JSX.Element {
  const { route } = useApp();
  if (route.id !== undefined) {
    return <ModelDetail key={route.id} id={route.id} />;
  }
  return route.view === 'compare' ? <ModelsCompare /> : <ModelsList />;
}
