/**
 * The facts of a model, its current version's: what it is, where it lies and what made it.
 */
import * as React from 'react';

import { useSource } from './modelWords';
import { Button, Ltr, When } from '../../components/basics';
import { Facts, type Fact } from '../../components/Facts';
import { SafeText } from '../../components/SafeText';
import { useApp } from '../../hooks';
import type { Model } from '../../protocol';
import type { Route } from '../../route';
import { taskWords } from '../../state/tasks';
import { copyText } from '../../text/clipboard';
import { useRecipeWords } from '../datasets/stepWords';

/** See the module's comment. `still` leaves out what leads to another page. */
export function ModelFacts(props: { model: Model; still?: boolean }): React.JSX.Element {
  const { model, still = false } = props;
  const { t, fmt } = useApp();
  const sourceOf = useSource();
  const recipeWords = useRecipeWords();
  const facts: Fact[] = [
    [t('models.fact_task'), t(taskWords(model))],
    [
      t('models.fact_architecture'),
      model.architecture ? <Ltr>{model.architecture}</Ltr> : null
    ],
    [t('models.fact_parameters'), model.parameters ? fmt.number(model.parameters) : null],
    [t('models.fact_dtype'), model.dtype ? <Ltr key="dtype">{model.dtype}</Ltr> : null],
    [t('models.fact_bytes'), fmt.bytes(model.bytes)],
    [t('models.fact_vocabulary'), model.vocabulary ? fmt.number(model.vocabulary) : null],
    [
      t('models.fact_context'),
      model.context_length
        ? t('models.fact_context_value', { n: fmt.number(model.context_length) })
        : null
    ],
    [
      t('versions.normaliser'),
      model.normaliser ? (
        <span title={t('versions.normaliser_model')}>{recipeWords(model.normaliser)}</span>
      ) : (
        t('versions.normaliser_none')
      )
    ],
    [t('models.fact_license'), model.license || t('models.fact_license_unknown')],
    [t('models.fact_source'), sourceOf(model.source)],
    [t('models.fact_created'), <When key="when" time={model.created} />],
    [
      t('models.fact_job'),
      model.job_id && model.source === 'trained' && !still ? (
        <Go to={{ page: 'training', id: model.job_id }}>{t('models.open_job')}</Go>
      ) : null
    ],
    [
      t('models.fact_dataset'),
      model.dataset_id && !still ? (
        <Go to={{ page: 'datasets', id: model.dataset_id }}>
          {model.dataset_version === null
            ? t('models.open_dataset')
            : t('models.open_dataset_version', { n: fmt.number(model.dataset_version) })}
        </Go>
      ) : null
    ],
    [
      t('models.fact_parent'),
      model.parent_id && !still ? (
        <Go to={{ page: 'models', id: model.parent_id }}>{t('models.open_parent')}</Go>
      ) : null
    ],
    [
      t('models.fact_repo_id'),
      model.repo_id ? <Ltr key="repo">{model.repo_id}</Ltr> : null
    ],
    [
      t('models.fact_revision'),
      model.revision ? (
        <Ltr key="revision" title={model.revision}>
          {model.revision.slice(0, 12)}
        </Ltr>
      ) : null
    ],
    [t('models.fact_path'), <PathLine key="path" path={model.path} />],
    [t('models.fact_id'), <Ltr key="id">{model.id}</Ltr>]
  ];
  return <Facts facts={facts} />;
}

function Go(props: { to: Route; children: React.ReactNode }): React.JSX.Element {
  const { go } = useApp();
  return (
    <button
      type="button"
      className="pai-link pai-accent-text"
      onClick={event => go(props.to, { beside: event.ctrlKey || event.metaKey })}
    >
      {props.children}
    </button>
  );
}

function PathLine({ path }: { path: string }): React.JSX.Element {
  const { t } = useApp();
  const [copied, setCopied] = React.useState(false);
  return (
    <span className="pai-copyable">
      <SafeText text={path} dir="ltr" className="pai-ltr" />
      <Button
        kind="quiet"
        icon={copied ? 'check' : 'copy'}
        title={t('models.copy_path')}
        aria-label={t('models.copy_path')}
        onClick={() => void copyText(path).then(setCopied)}
      />
    </span>
  );
}
