/*
 * A new training: what to do, on which data, from which model, how; what it will need; start.
 */
import * as React from 'react';

import type { Preset } from '../api';
import { Button, Card } from '../components/basics';
import { Field } from '../components/Field';
import { Page } from '../components/Page';
import { Failure, Skeleton } from '../components/states';
import { useAction, useApp, useLive, useRequest } from '../hooks';
import { inLanguage } from '../i18n';
import { newKey } from '../key';
import type { Dataset, Model, Recipe, TrainingAsk } from '../protocol';
import {
  fieldsOf,
  optionsOf,
  problemsOf,
  typedOf,
  wrong,
  type FieldSpec,
  type Typed
} from '../state/form';
import { NormaliserNote, VersionField } from './TrainingData';
import { EstimateLine, useEstimate } from './TrainingEstimate';
import { TrainingForm } from './TrainingForm';
import { TrainingGate } from './TrainingGate';

interface Chosen {
  recipe: string;
  dataset: string;
  test: string;
  /** null is the newest. */
  version: number | null;
  testVersion: number | null;
  model: string;
  /** The model that the result becomes a version of; empty makes a new model. */
  versionOf: string;
  name: string;
  typed: Typed;
}

/** What the form begins with: what the place says, else the first thing that fits. */
function begin(query: Record<string, string>): Chosen {
  return {
    recipe: query['recipe'] ?? '',
    dataset: query['dataset'] ?? '',
    test: query['test'] ?? '',
    version: Number(query['dataset_version']) || null,
    testVersion: null,
    model: query['model'] ?? '',
    versionOf: query['version_of'] ?? '',
    name: '',
    typed: {}
  };
}

function Choice({
  name,
  title,
  help,
  checked,
  onChoose
}: {
  name: string;
  title: React.ReactNode;
  help: React.ReactNode;
  checked: boolean;
  onChoose: () => void;
}): React.JSX.Element {
  return (
    <label className="pai-choice">
      <input type="radio" name={name} checked={checked} onChange={onChoose} />
      <span className="pai-strong">{title}</span>
      <small>{help}</small>
    </label>
  );
}

function Presets({
  onChoose
}: {
  onChoose: (preset: Preset) => void;
}): React.JSX.Element | null {
  const { core, t, lang } = useApp();
  const { data } = useRequest(() => core.api.training.presets(), []);
  if (!data?.length) {
    return null;
  }
  return (
    <Card title={t('training.form_presets')}>
      <div className="pai-pad pai-choices">
        {data.map(preset => (
          <button
            key={preset.id}
            type="button"
            className="pai-choice"
            onClick={() => onChoose(preset)}
          >
            <span className="pai-strong">{inLanguage(lang, preset.title)}</span>
            <small>{inLanguage(lang, preset.summary)}</small>
          </button>
        ))}
      </div>
    </Card>
  );
}

export function TrainingNew(): React.JSX.Element {
  const { core, t } = useApp();
  const recipes = useRequest(() => core.api.training.recipes(), []);
  const datasets = useLive(core.datasets());
  const models = useLive(core.models());
  const error = recipes.error ?? datasets.error ?? models.error;
  const crumbs = [{ label: t('training.title'), to: { page: 'training' as const } }];
  const frame = (children: React.ReactNode): React.JSX.Element => (
    <Page crumbs={crumbs} title={t('training.new')} sentence={t('training.form_sentence')}>
      {children}
    </Page>
  );
  if (recipes.data && datasets.state && models.state) {
    return frame(
      <Filled
        recipes={recipes.data}
        datasets={datasets.state.items}
        models={models.state.items}
      />
    );
  }
  return frame(
    error ? (
      <Failure
        error={error}
        onRetry={() => {
          recipes.reload();
          datasets.reload();
          models.reload();
        }}
      />
    ) : (
      <Skeleton lines={8} />
    )
  );
}

function Filled({
  recipes,
  datasets,
  models
}: {
  recipes: Recipe[];
  datasets: Dataset[];
  models: Model[];
}): React.JSX.Element {
  const { core, t, lang, fmt, go, route } = useApp();
  const [chosen, setChosen] = React.useState<Chosen>(() => begin(route.query ?? {}));
  const [key, setKey] = React.useState(() => newKey());
  const set = (change: Partial<Chosen>): void => {
    setChosen(old => ({ ...old, ...change }));
    setKey(newKey()); // another request deserves another job
  };
  // An answer may come after more was typed: only what it changes is put in.
  const apply = (change: Record<string, unknown>): void => {
    setChosen(old => ({ ...old, typed: { ...old.typed, ...typedOf(change) } }));
    setKey(newKey());
  };
  // Who comes from a dataset wants to train on that one, so its shape says what can be done.
  const wanted = datasets.find(data => data.id === chosen.dataset)?.shape;
  const recipe =
    recipes.find(known => known.id === chosen.recipe) ??
    recipes.find(known => wanted && known.dataset_shapes.includes(wanted)) ??
    recipes[0];
  const fields = React.useMemo(() => (recipe ? fieldsOf(recipe.schema) : []), [recipe]);
  const fitting = datasets.filter(data => recipe?.dataset_shapes.includes(data.shape));
  const dataset = fitting.find(data => data.id === chosen.dataset) ?? fitting[0];
  const tests = recipe?.takes_test
    ? fitting.filter(data => data.id !== dataset?.id && data.shape === dataset?.shape)
    : [];
  const test = tests.find(data => data.id === chosen.test);
  const usable = models.filter(known => recipe?.model_tasks.includes(known.task));
  const model =
    usable.find(known => known.id === chosen.model) ??
    (recipe?.needs_model ? usable[0] : undefined);
  const versionOf = models.find(known => known.id === chosen.versionOf);
  const method = chosen.typed['method'] ?? fields.find(f => f.path === 'method')?.initial;
  const hidden = (spec: FieldSpec): boolean =>
    (spec.group === 'model' && model !== undefined) ||
    (spec.path.startsWith('lora.') && method === 'full');
  const sent = fields.filter(spec => !hidden(spec));
  const faulty = sent.some(spec => wrong(spec, chosen.typed[spec.path] ?? spec.initial));
  const ready = recipe && dataset && !(recipe.needs_model && !model);
  const ask: TrainingAsk | null = ready
    ? {
        recipe: recipe.id,
        dataset_id: dataset.id,
        dataset_version: chosen.version,
        name: chosen.name.trim(),
        model_id: model?.id ?? null,
        version_of: versionOf?.id ?? null,
        test_dataset_id: test?.id ?? null,
        test_dataset_version: test ? chosen.testVersion : null,
        options: optionsOf(sent, chosen.typed)
      }
    : null;
  const estimate = useEstimate(faulty ? null : ask);
  const start = useAction(async (wanted: TrainingAsk) => {
    const job = await core.api.training.start(wanted, key);
    go({ page: 'training', id: job.id });
  });
  const failure = start.error ?? estimate.error;
  const problems = failure ? problemsOf(failure.body.details ?? {}) : {};
  const elsewhere = failure && !fields.some(spec => spec.path in problems) ? failure : null;

  return (
    <form
      className="pai-form"
      onSubmit={event => {
        event.preventDefault();
        if (ask) {
          void start.run(ask);
        }
      }}
    >
      <div className="pai-stack">
        <Presets
          onChoose={preset =>
            set({
              recipe: preset.ask.recipe,
              dataset: preset.ask.dataset_id,
              version: preset.ask.dataset_version ?? null,
              test: preset.ask.test_dataset_id ?? '',
              testVersion: preset.ask.test_dataset_version ?? null,
              model: preset.ask.model_id ?? '',
              versionOf: preset.ask.version_of ?? '',
              name: preset.ask.name ?? '',
              typed: typedOf(preset.ask.options ?? {})
            })
          }
        />
        <fieldset
          className="pai-bare-set pai-choices"
          aria-label={t('training.form_recipe')}
        >
          {recipes.map(known => (
            <Choice
              key={known.id}
              name="recipe"
              title={lang === 'fa' ? known.title_fa : known.title}
              help={lang === 'fa' ? known.summary_fa : known.summary}
              checked={known.id === recipe?.id}
              onChoose={() => set({ recipe: known.id, typed: {} })}
            />
          ))}
        </fieldset>
        <Card>
          <div className="pai-pad pai-fields">
            <Field
              label={t('training.form_data')}
              help={
                dataset
                  ? t('training.rows', { n: fmt.number(dataset.report.stats.rows) })
                  : null
              }
              error={fitting.length ? problems['dataset_id'] : t('training.no_data')}
            >
              {ids =>
                fitting.length ? (
                  <select
                    {...ids}
                    className="pai-input"
                    value={dataset?.id ?? ''}
                    onChange={event => set({ dataset: event.target.value, version: null })}
                  >
                    {fitting.map(data => (
                      <option key={data.id} value={data.id}>
                        {data.name}
                      </option>
                    ))}
                  </select>
                ) : (
                  <Button
                    id={ids.id}
                    icon="plus"
                    onClick={() => go({ page: 'datasets', view: 'new' })}
                  >
                    {t('training.add_data')}
                  </Button>
                )
              }
            </Field>
            {dataset ? (
              <VersionField
                label={t('versions.shown')}
                dataset={dataset}
                version={chosen.version}
                error={problems['dataset_version']}
                onChange={version => set({ version })}
              />
            ) : null}
            <Field
              label={t('training.form_model')}
              help={
                model
                  ? t('training.est_parameters', { n: fmt.short(model.parameters) })
                  : null
              }
              error={
                recipe?.needs_model && usable.length === 0
                  ? t('training.no_model')
                  : problems['model_id']
              }
            >
              {ids => (
                <select
                  {...ids}
                  className="pai-input"
                  value={model?.id ?? ''}
                  disabled={recipe?.needs_model === true && usable.length === 0}
                  onChange={event => set({ model: event.target.value })}
                >
                  {recipe?.needs_model ? null : (
                    <option value="">{t('training.new_model')}</option>
                  )}
                  {usable.map(known => (
                    <option key={known.id} value={known.id}>
                      {known.name}
                    </option>
                  ))}
                </select>
              )}
            </Field>
            {tests.length ? (
              <Field
                label={t('training.form_test')}
                help={t('training.form_test_help')}
                error={problems['test_dataset_id']}
              >
                {ids => (
                  <select
                    {...ids}
                    className="pai-input"
                    value={test?.id ?? ''}
                    onChange={event => set({ test: event.target.value, testVersion: null })}
                  >
                    <option value="">{t('training.form_no_test')}</option>
                    {tests.map(data => (
                      <option key={data.id} value={data.id}>
                        {data.name}
                      </option>
                    ))}
                  </select>
                )}
              </Field>
            ) : null}
            {test ? (
              <VersionField
                label={t('training.form_test_version')}
                dataset={test}
                version={chosen.testVersion}
                error={problems['test_dataset_version']}
                onChange={testVersion => set({ testVersion })}
              />
            ) : null}
            {models.length ? (
              <Field
                label={t('registry.version_of_field')}
                help={versionOf ? t('registry.version_of_help') : null}
                error={problems['version_of']}
              >
                {ids => (
                  <select
                    {...ids}
                    className="pai-input"
                    value={versionOf?.id ?? ''}
                    onChange={event => set({ versionOf: event.target.value })}
                  >
                    <option value="">{t('registry.version_of_none')}</option>
                    {models.map(known => (
                      <option key={known.id} value={known.id}>
                        {t('registry.version_of_model', { name: known.name })}
                      </option>
                    ))}
                  </select>
                )}
              </Field>
            ) : null}
            <Field
              label={t('training.form_name')}
              help={t('training.form_name_help')}
              error={problems['name']}
            >
              {ids => (
                <input
                  {...ids}
                  className="pai-input"
                  dir="auto"
                  maxLength={120}
                  value={chosen.name}
                  onChange={event => set({ name: event.target.value })}
                />
              )}
            </Field>
          </div>
          {dataset ? (
            <NormaliserNote dataset={dataset} version={chosen.version} model={model} />
          ) : null}
        </Card>
        <TrainingForm
          fields={fields}
          typed={chosen.typed}
          problems={problems}
          hidden={hidden}
          onChange={(path, value) => set({ typed: { ...chosen.typed, [path]: value } })}
        />
      </div>
      <div className="pai-estimate">
        <EstimateLine estimate={estimate} asked={ask !== null && !faulty} />
        <TrainingGate
          ask={faulty ? null : ask}
          checks={estimate.data?.gate ?? []}
          onApply={apply}
          onTried={estimate.reload}
        />
        {elsewhere ? <Failure error={elsewhere} /> : null}
        <Button
          kind="primary"
          icon="play"
          type="submit"
          busy={start.busy}
          disabled={!ask || faulty || estimate.data?.fits === false}
        >
          {start.busy ? t('training.starting') : t('training.start')}
        </Button>
      </div>
    </form>
  );
}
