/*
 * Which version of a dataset a training uses, and through which normaliser its texts went: the model
 * that comes of it normalises what it reads in the same way.
 */
import * as React from 'react';

import { Button } from '../components/basics';
import { Field } from '../components/Field';
import { useApp, useRequest } from '../hooks';
import type { Dataset, DatasetVersion, Model } from '../protocol';
import { useRecipeWords, useStepWords } from './datasets/stepWords';

/** The versions of a dataset, newest first; none are asked for where there is only one. */
function useVersions(dataset: Dataset): readonly DatasetVersion[] {
  const { core } = useApp();
  const asked = useRequest(
    async () => ({
      of: dataset.id,
      versions: dataset.version > 1 ? await core.api.datasets.versions(dataset.id) : []
    }),
    [dataset.id, dataset.version]
  );
  return asked.data?.of === dataset.id
    ? [...asked.data.versions].sort((a, b) => b.number - a.number)
    : [];
}

/** Nothing for a dataset with one version. `version` null is the newest. */
export function VersionField(props: {
  label: string;
  dataset: Dataset;
  version: number | null;
  error?: string | undefined;
  onChange: (version: number | null) => void;
}): React.JSX.Element | null {
  const { t, fmt } = useApp();
  const words = useStepWords();
  const { dataset, version } = props;
  const versions = useVersions(dataset);
  if (versions.length < 2) {
    return null;
  }
  const chosen = versions.find(one => one.number === version) ?? versions[0];
  const made = (chosen?.recipe ?? []).map(step => words.title(step.kind ?? ''));
  return (
    <Field
      label={props.label}
      help={[
        t('training.rows', { n: fmt.number(chosen?.report.stats.rows ?? 0) }),
        ...made
      ].join(' · ')}
      error={props.error}
    >
      {ids => (
        <select
          {...ids}
          className="pai-input"
          value={chosen?.number ?? ''}
          onChange={event => {
            const number = Number(event.currentTarget.value);
            props.onChange(number === versions[0]?.number ? null : number);
          }}
        >
          {versions.map(({ number }, place) => (
            <option key={number} value={number}>
              {t('versions.version', { n: fmt.number(number) })}
              {place === 0 ? ` (${t('versions.newest')})` : ''}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** What the data and the model that learns from it went through, and whether it is the same. */
export function NormaliserNote(props: {
  dataset: Dataset;
  version: number | null;
  model: Model | undefined;
}): React.JSX.Element {
  const { t, go } = useApp();
  const recipeWords = useRecipeWords();
  const { dataset, version, model } = props;
  const versions = useVersions(dataset);
  const chosen = versions.find(one => one.number === version);
  const recipe = chosen ? chosen.normaliser : dataset.normaliser;
  const other =
    model !== undefined &&
    model.normaliser !== null &&
    JSON.stringify(model.normaliser) !== JSON.stringify(recipe);
  return (
    <div className="pai-normaliser-note">
      <small className="pai-quiet">
        <b>{t('versions.normaliser_data')}:</b>{' '}
        {recipe ? recipeWords(recipe) || '✓' : t('versions.normaliser_none')}
      </small>
      {other ? (
        <small className="pai-warm-text">{t('versions.normaliser_mismatch')}</small>
      ) : null}
      {recipe === null ? (
        <Button
          kind="quiet"
          onClick={() => go({ page: 'datasets', id: dataset.id, view: 'change' })}
        >
          {t('versions.step_normalise')}
        </Button>
      ) : null}
    </div>
  );
}
