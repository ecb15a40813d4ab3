/**
 * That what one writes is normalised as the model's own texts were, and how.
 */
import * as React from 'react';

import { useApp } from '../../hooks';
import type { Model } from '../../protocol';
import { useRecipeWords } from '../datasets/stepWords';
import { missingBackend, useNormalisers } from '../datasets/useNormalisers';

/** Nothing for a model that learnt from texts as they were. */
export function NormalisedNote({ model }: { model: Model }): React.JSX.Element | null {
  const { t } = useApp();
  const recipeWords = useRecipeWords();
  const normalisers = useNormalisers();
  const recipe = model.normaliser;
  if (!recipe) {
    return null;
  }
  const missing = missingBackend(recipe, normalisers);
  return (
    <p className="pai-honest-foot">
      {missing !== null
        ? t('versions.normaliser_missing', { backend: missing })
        : t('versions.normaliser_same', { steps: recipeWords(recipe) })}
    </p>
  );
}
