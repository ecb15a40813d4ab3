/*
 * The training pages: which of list, new and job is shown.
 */
import * as React from 'react';

import { useApp } from '../hooks';
import { TrainingJob } from './TrainingJob';
import { TrainingList } from './TrainingList';
import { TrainingNew } from './TrainingNew';

export function Training(): React.JSX.Element {
  const { route } = useApp();
  if (route.id) {
    return <TrainingJob key={route.id} id={route.id} />;
  }
  return route.view === 'new' ? <TrainingNew /> : <TrainingList />;
}
