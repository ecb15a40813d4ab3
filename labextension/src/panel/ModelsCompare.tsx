/**
 * Two or more models beside each other: facts, figures, configuration, tokenizers, and what each
 * answers to one prompt. Which ones is part of the place.
 */
import * as React from 'react';

import { AnswersPanel } from './models/AnswersPanel';
import { ComparedTokenizers } from './models/ComparedTokenizers';
import { ComparedTable } from './models/ComparedTable';
import { Button, Card } from '../components/basics';
import { CheckField } from '../components/CheckField';
import { Page } from '../components/Page';
import { SafeText } from '../components/SafeText';
import { Empty, Failure, Skeleton } from '../components/states';
import { useApp, useLive, useRequest } from '../hooks';
import type { Comparison, Model } from '../protocol';
import { comparedIds, MOST_MODELS } from '../state/models';
import { writes } from '../state/tasks';

/** See the module's comment. */
export function ModelsCompare(): React.JSX.Element {
  const { core, t, fmt, route, go } = useApp();
  const ids = comparedIds(route.query?.['ids']);
  const list = useLive(core.models()).state?.items ?? [];
  const choose = (next: readonly string[]): void =>
    go({ page: 'models', view: 'compare', query: { ids: next.join() } });
  const others = list.filter(model => !ids.includes(model.id));
  return (
    <Page
      wide={ids.length > 3}
      crumbs={[{ label: t('models.back'), to: { page: 'models' } }]}
      title={t('registry.compare_title')}
      sentence={
        ids.length > 1 ? t('registry.compare_chosen', { n: fmt.number(ids.length) }) : null
      }
      actions={
        others.length > 0 && ids.length < MOST_MODELS ? (
          <select
            className="pai-input"
            aria-label={t('registry.compare_add')}
            value=""
            onChange={event => choose([...ids, event.currentTarget.value])}
          >
            <option value="">{t('registry.compare_add')}</option>
            {others.map(model => (
              <option key={model.id} value={model.id}>
                {model.name}
              </option>
            ))}
          </select>
        ) : null
      }
    >
      {ids.length < 2 ? (
        <Card>
          <Empty
            icon="models"
            title={t('registry.compare_few')}
            action={
              <Button onClick={() => go({ page: 'models' })}>{t('models.back')}</Button>
            }
          >
            {ids.length === 1 ? t('registry.compare_second') : null}
          </Empty>
        </Card>
      ) : (
        <Compared
          key={ids.join()}
          ids={ids}
          onRemove={id => choose(ids.filter(one => one !== id))}
        />
      )}
    </Page>
  );
}

function Compared(props: {
  ids: readonly string[];
  onRemove: (id: string) => void;
}): React.JSX.Element {
  const { core } = useApp();
  const { ids } = props;
  const compared = useRequest(() => core.api.models.compare(ids), [ids]);
  if (!compared.data) {
    return compared.error ? (
      <Failure error={compared.error} onRetry={compared.reload} />
    ) : (
      <Skeleton height={320} />
    );
  }
  return <Sides comparison={compared.data} onRemove={props.onRemove} />;
}

function Sides(props: {
  comparison: Comparison;
  onRemove: (id: string) => void;
}): React.JSX.Element {
  const { t } = useApp();
  const { comparison } = props;
  const { models } = comparison;
  const talking = models.filter(writes);
  return (
    <>
      <Card title={t('models.facts')}>
        <ComparedTable
          label={t('models.facts')}
          models={models}
          lines={comparison.facts.filter(line => line.values.some(known))}
          kind="fact"
          heads={model => <Head model={model} onRemove={props.onRemove} />}
        />
      </Card>
      <Card title={t('models.figures')}>
        {comparison.figures.length > 0 ? (
          <>
            <ComparedTable
              label={t('models.figures')}
              models={models}
              lines={comparison.figures}
              kind="figure"
            />
            <p className="pai-card-note pai-quiet pai-small">
              {t('registry.compare_figures_help')}
            </p>
          </>
        ) : (
          <Empty title={t('registry.compare_no_figures')} />
        )}
      </Card>
      {talking.length > 1 ? <AnswersPanel models={talking} /> : null}
      <Card title={t('registry.tab_tokenizer')}>
        <ComparedTokenizers models={models} tokenizers={comparison.tokenizers} />
      </Card>
      <Configuration comparison={comparison} />
    </>
  );
}

/** Whether a value says something. */
function known(value: unknown): boolean {
  return value !== null && value !== undefined && value !== '' && value !== 0;
}

function Head(props: { model: Model; onRemove: (id: string) => void }): React.JSX.Element {
  const { t, fmt, go } = useApp();
  const { model } = props;
  return (
    <span className="pai-compared-head">
      <button
        type="button"
        className="pai-link pai-strong"
        onClick={event =>
          go({ page: 'models', id: model.id }, { beside: event.ctrlKey || event.metaKey })
        }
      >
        <SafeText text={model.name} />
        {model.versions > 1 ? (
          <small> {t('registry.version', { n: fmt.number(model.version) })}</small>
        ) : null}
      </button>
      <Button
        kind="quiet"
        icon="close"
        title={t('watch.compare_remove', { name: model.name })}
        aria-label={t('watch.compare_remove', { name: model.name })}
        onClick={() => props.onRemove(model.id)}
      />
    </span>
  );
}

/** The whole configuration is long: at first only that in which they differ. */
function Configuration({ comparison }: { comparison: Comparison }): React.JSX.Element {
  const { t } = useApp();
  const [all, setAll] = React.useState(false);
  const lines = comparison.config.filter(line => all || line.differs);
  return (
    <Card
      title={t('registry.configuration')}
      action={
        <CheckField
          label={t('registry.configuration_all')}
          checked={all}
          onChange={setAll}
        />
      }
    >
      {lines.length > 0 ? (
        <ComparedTable
          label={t('registry.configuration')}
          models={comparison.models}
          lines={lines}
          kind="config"
        />
      ) : (
        <Empty title={t('registry.configuration_same')} />
      )}
    </Card>
  );
}
