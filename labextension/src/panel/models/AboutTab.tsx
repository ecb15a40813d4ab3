/**
 * What a model is, how it did in its own training, and what its owner wrote about it.
 */
import * as React from 'react';

import { ModelFacts } from './ModelFacts';
import { ModelFigures } from './ModelFigures';
import { Notes } from './Notes';
import { Card } from '../../components/basics';
import { useApp } from '../../hooks';
import type { Model } from '../../protocol';

/** See the module's comment. */
export function AboutTab({ model }: { model: Model }): React.JSX.Element {
  const { t } = useApp();
  return (
    <div className="pai-columns">
      <div className="pai-stack">
        <Notes key={model.id} model={model} />
        <Card title={t('models.facts')}>
          <ModelFacts model={model} />
        </Card>
      </div>
      <ModelFigures figures={model.figures} />
    </div>
  );
}
