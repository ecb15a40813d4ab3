/**
 * The models page: the list, one model, or the form that registers a folder, by the place.
 */
import * as React from 'react';

import { ModelDetail } from './ModelsDetail';
import { ModelRegister } from './ModelsRegister';
import { Button, Card, When } from '../components/basics';
import { List } from '../components/List';
import { Page } from '../components/Page';
import { SafeText } from '../components/SafeText';
import { Empty, Failure, Loadable, Skeleton } from '../components/states';
import { useAction, useApp, useLive } from '../hooks';
import type { Key } from '../i18n';
import type { Model } from '../protocol';
import { append } from '../state/list';
import { holds } from '../text/fold';

/** Fewer than this need no search. */
const SEARCH_FROM = 6;

/** See the module's comment. */
export function Models(): React.JSX.Element {
  const { route } = useApp();
  if (route.id !== undefined) {
    return <ModelDetail key={route.id} id={route.id} />;
  }
  return <ModelList adding={route.view === 'new'} />;
}

/** Where a model is from, in words. */
export function useSource(): (source: string) => string {
  const { t } = useApp();
  return source =>
    ['trained', 'path', 'hub'].includes(source)
      ? t(`models.source_${source}` as Key)
      : source;
}

function ModelList({ adding }: { adding: boolean }): React.JSX.Element {
  const { core, t, go } = useApp();
  const live = core.models();
  const view = useLive(live);
  const [query, setQuery] = React.useState('');
  const sourceOf = useSource();
  const older = useAction(async (cursor: string) => {
    const page = await core.api.models.page({ limit: 50, cursor });
    live.update(state => append(state, page));
  });
  return (
    <Page
      title={t('models.title')}
      sentence={t('models.sentence')}
      actions={
        <>
          <Button icon="plus" onClick={() => go({ page: 'models', view: 'new' })}>
            {t('models.register')}
          </Button>
          <Button
            kind="primary"
            icon="training"
            onClick={() => go({ page: 'training', view: 'new' })}
          >
            {t('models.train')}
          </Button>
        </>
      }
    >
      <Loadable view={view} skeleton={<Skeleton height={220} />}>
        {({ items, cursor }) => {
          if (items.length === 0) {
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
          const shown = items.filter(one =>
            holds(`${one.name} ${one.architecture}`, query)
          );
          return (
            <>
              {items.length >= SEARCH_FROM ? (
                <input
                  className="pai-input pai-search"
                  type="search"
                  value={query}
                  placeholder={t('models.search')}
                  aria-label={t('models.search')}
                  onChange={event => setQuery(event.currentTarget.value)}
                />
              ) : null}
              <Card>
                {shown.length > 0 ? (
                  <List
                    items={shown}
                    label={t('models.title')}
                    onOpen={(one, beside) => go({ page: 'models', id: one.id }, { beside })}
                    render={one => <ModelRow model={one} source={sourceOf(one.source)} />}
                  />
                ) : (
                  <Empty icon="search" title={t('models.search_none')} />
                )}
              </Card>
              {cursor !== null && query === '' ? (
                <Button
                  kind="quiet"
                  busy={older.busy}
                  onClick={() => void older.run(cursor)}
                >
                  {t('models.older')}
                </Button>
              ) : null}
              {older.error ? <Failure error={older.error} onClose={older.clear} /> : null}
            </>
          );
        }}
      </Loadable>
      {adding ? <ModelRegister onClose={() => go({ page: 'models' })} /> : null}
    </Page>
  );
}

function ModelRow({ model, source }: { model: Model; source: string }): React.JSX.Element {
  const { t, fmt } = useApp();
  return (
    <>
      <span className="pai-row-title">
        <SafeText text={model.name} className="pai-strong" />
      </span>
      <small>
        <When time={model.created} />
      </small>
      <small>
        {[
          source,
          model.parameters
            ? t('models.parameters', { n: fmt.short(model.parameters) })
            : '',
          fmt.bytes(model.bytes)
        ]
          .filter(Boolean)
          .join(' · ')}
      </small>
    </>
  );
}
