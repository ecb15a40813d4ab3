/**
 * That what one writes is normalised as the model's own texts were, and how.
 */
import * as React from 'react';

import { useApp } from '../../hooks';
import type { Model } from '../../protocol';
import { useRecipeWords } from '../datasets/stepWords';

/** Nothing for a model that learnt from texts as they were. */
export function NormalisedNote({ model }: { model: Model }): React.JSX.Element | null {
  const { t } = useApp();
  const recipeWords = useRecipeWords();
  return model.normaliser ? (
    <p className="pai-honest-foot">
      {t('versions.normaliser_same', { steps: recipeWords(model.normaliser) })}
    </p>
  ) : null;
}
