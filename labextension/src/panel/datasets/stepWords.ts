/**
 * Steps and normalisers in words.
 */
import { useFindingNames } from './RowParts';
import { useApp } from '../../hooks';
import { inLanguage, isKey } from '../../i18n';
import type { NormaliserRecipe, Normalisers } from '../../protocol';
import type { Step } from '../../state/steps';
import { useNormalisers } from './useNormalisers';

export interface StepWords {
  /** The name of a kind of step. */
  title: (kind: string) => string;
  /** What a step was told to do, in some words; empty where its name says all. */
  summary: (step: Step) => string;
}

/** See the module's comment. */
export function useStepWords(): StepWords {
  const { core, t, fmt, lang } = useApp();
  const { nameOf } = useFindingNames();
  const recipeWords = useRecipeWords();
  const join = (words: readonly string[]): string =>
    words.filter(word => word !== '').join(lang === 'fa' ? '، ' : ', ');
  const datasetName = (id: string): string =>
    core
      .datasets()
      .view()
      .state?.items.find(one => one.id === id)?.name ?? '';
  const summary = (step: Step): string => {
    switch (step.kind) {
      case 'normalise':
        return recipeWords(step.recipe ?? {});
      case 'filter':
        return join([
          ...(step.drop ?? []).map(nameOf),
          ...(step.keep_labels ?? []),
          typeof step.min_words === 'number' ? `≥ ${fmt.number(step.min_words)}` : '',
          typeof step.max_words === 'number' ? `≤ ${fmt.number(step.max_words)}` : '',
          typeof step.min_persian_share === 'number'
            ? fmt.percent(step.min_persian_share)
            : '',
          step.contains ? `«${step.contains}»` : '',
          step.lacks ? `− «${step.lacks}»` : ''
        ]);
      case 'dedupe':
        return step.near ? t('quality.finding_near_duplicate') : '';
      case 'map':
        return join([
          t(`datasets.shape_${step.shape}`),
          ...Object.entries(step.labels ?? {}).map(([old, now]) => `${old} ← ${now}`)
        ]);
      case 'mask':
        return join(step.codes.map(nameOf));
      case 'sample':
        return t('datasets.rows', { n: fmt.number(step.rows) });
      case 'without':
        return datasetName(step.dataset_id);
      case 'part':
        return join([step.part, fmt.percent(step.parts[step.part] ?? 0)]);
      default:
        return '';
    }
  };
  return {
    title: kind => {
      const key = `versions.step_${kind}`;
      return isKey(key) ? t(key) : kind;
    },
    summary
  };
}

/** The steps of a recipe that are on, in words. */
export function useRecipeWords(): (recipe: NormaliserRecipe) => string {
  const { lang, t } = useApp();
  const known = useNormalisers();
  return recipe => wordsOf(known, recipe, lang, t('versions.backend'));
}

function wordsOf(
  known: Normalisers | undefined,
  recipe: NormaliserRecipe,
  lang: 'fa' | 'en',
  by: string
): string {
  const values = { ...known?.default, ...recipe } as Record<string, unknown>;
  const { backend = 'own' } = recipe;
  if (backend !== 'own') {
    const title = known?.backends.find(one => one.id === backend)?.title;
    return `${by} ${title ? inLanguage(lang, title) : backend}`;
  }
  return (known?.steps ?? [])
    .filter(step =>
      step.choices.length > 0 ? values[step.id] !== 'keep' : values[step.id] === true
    )
    .map(step => inLanguage(lang, step.title))
    .join(lang === 'fa' ? '، ' : ', ');
}
