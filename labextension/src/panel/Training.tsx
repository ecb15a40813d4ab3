/*
 * The training pages: which of list, new, comparison and job is shown.
 */
import * as React from 'react';

import { useApp } from '../hooks';
import { TrainingCompare } from './TrainingCompare';
import { TrainingJob } from './TrainingJob';
import { TrainingList } from './TrainingList';
import { TrainingNew } from './TrainingNew';

export function Training(): React.JSX.Element {
  const { route } = useApp();
  if (route.id) {
    return <TrainingJob key={route.id} id={route.id} />;
  }
  if (route.view === 'compare') {
    return <TrainingCompare key={route.query?.['ids'] ?? ''} />;
  }
  return route.view === 'new' ? <TrainingNew /> : <TrainingList />;
}
