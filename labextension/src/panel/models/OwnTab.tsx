/**
 * The models that one has: narrowed, ordered, opened, or chosen to be compared.
 */
import * as React from 'react';

import { ModelFilters } from './ModelFilters';
import { ModelRow } from './ModelRow';
import { useModels } from './useModels';
import { Button, Card } from '../../components/basics';
import { List } from '../../components/List';
import { Empty, Failure, Skeleton } from '../../components/states';
import { useApp } from '../../hooks';
import type { Model } from '../../protocol';
import { EVERY_MODEL, MOST_MODELS, tagsOf } from '../../state/models';

/** See the module's comment. */
export function OwnTab(): React.JSX.Element {
  const { t, go } = useApp();
  const [choice, setChoice] = React.useState(EVERY_MODEL);
  const [choosing, setChoosing] = React.useState(false);
  const found = useModels(choice);
  const { models, all } = found;
  if (!models && !found.error && all.length === 0) {
    return <Skeleton height={220} />;
  }
  if (models && all.length === 0) {
    return (
      <Card>
        <Empty
          icon="models"
          title={t('models.empty')}
          action={
            <Button icon="downloads" onClick={() => go({ page: 'downloads' })}>
              {t('downloads.title')}
            </Button>
          }
        >
          {t('models.empty_help')}
        </Empty>
      </Card>
    );
  }
  return (
    <>
      {found.error ? <Failure error={found.error} onRetry={found.reload} /> : null}
      <ModelFilters choice={choice} tags={tagsOf(all)} onChoice={setChoice}>
        {all.length > 1 && !choosing ? (
          <Button
            kind="quiet"
            icon="split"
            className="pai-push"
            onClick={() => setChoosing(true)}
          >
            {t('registry.compare')}
          </Button>
        ) : null}
      </ModelFilters>
      {!models ? (
        <Skeleton height={180} />
      ) : choosing ? (
        <Choosing models={models} onEnd={() => setChoosing(false)} />
      ) : (
        <Card>
          {models.length > 0 ? (
            <List
              items={models}
              label={t('models.title')}
              onOpen={(one, beside) => go({ page: 'models', id: one.id }, { beside })}
              render={one => <ModelRow model={one} />}
            />
          ) : (
            <Empty icon="search" title={t('models.search_none')} />
          )}
        </Card>
      )}
      {found.older ? (
        <Button kind="quiet" busy={found.asking} onClick={found.older}>
          {t('models.older')}
        </Button>
      ) : null}
    </>
  );
}

/** The list with a box at each model, and how many are chosen so far. */
function Choosing(props: { models: Model[]; onEnd: () => void }): React.JSX.Element {
  const { t, fmt, go } = useApp();
  const [chosen, setChosen] = React.useState<readonly string[]>([]);
  const full = chosen.length >= MOST_MODELS;
  const toggle = (id: string): void =>
    setChosen(chosen.includes(id) ? chosen.filter(one => one !== id) : [...chosen, id]);
  return (
    <Card
      title={
        full
          ? t('registry.compare_most', { n: fmt.number(MOST_MODELS) })
          : chosen.length
            ? t('registry.compare_chosen', { n: fmt.number(chosen.length) })
            : t('registry.compare_choose')
      }
      action={
        <span className="pai-acts">
          <Button onClick={props.onEnd}>{t('panel.cancel')}</Button>
          <Button
            kind="primary"
            disabled={chosen.length < 2}
            onClick={() =>
              go({ page: 'models', view: 'compare', query: { ids: chosen.join() } })
            }
          >
            {t('registry.compare')}
          </Button>
        </span>
      }
    >
      <ul className="pai-list pai-choosing" aria-label={t('models.title')}>
        {props.models.map(model => (
          <li key={model.id}>
            <label className="pai-row">
              <input
                type="checkbox"
                checked={chosen.includes(model.id)}
                disabled={full && !chosen.includes(model.id)}
                onChange={() => toggle(model.id)}
              />
              <div className="pai-job-row">
                <ModelRow model={model} />
              </div>
            </label>
          </li>
        ))}
      </ul>
    </Card>
  );
}
