/**
 * Searching the Hub as it is now. A Hub that cannot be reached is said at once, and that the rest
 * goes on working.
 */
import * as React from 'react';

import { StandChip, TaskName } from './Badges';
import { HubFailure } from './HubFailure';
import { useOffline } from './OfflineBanner';
import { useRemembered } from './remembered';
import { useLatest } from './underWay';
import { Button, Card, Chip, When } from '../../components/basics';
import { CheckField } from '../../components/CheckField';
import { ChoiceField } from '../../components/ChoiceField';
import { List } from '../../components/List';
import { Empty, Skeleton } from '../../components/states';
import { SearchInput } from '../../components/SearchInput';
import { useApp, useRequest } from '../../hooks';
import type { HubHit, HubResults } from '../../protocol';
import type { HubQuery } from '../../routes-catalogue';
import { HUB_START, repoKey } from '../../state/catalogue';

const SORTS = ['downloads', 'likes', 'updated'] as const;

/** See the module's comment. */
export function HubTab(): React.JSX.Element {
  const { core, t } = useApp();
  // What was asked last, which the answer belongs to; the fields may be ahead of it.
  const [asked, setAsked] = useRemembered<HubQuery>('hub', HUB_START);
  const [text, setText] = React.useState(asked.q);
  const offline = useOffline();
  const [waiting, setWaiting] = React.useState(true);
  const { data, error, reload } = useRequest(async () => {
    setWaiting(true);
    try {
      return await core.api.catalogue.hub(asked);
    } finally {
      setWaiting(false);
    }
  }, [asked, offline]);
  const set = (change: Partial<HubQuery>): void =>
    setAsked({ ...asked, q: text, ...change });
  return (
    <>
      <form
        className="pai-card pai-pad pai-find"
        role="search"
        aria-label={t('downloads.hub_search')}
        onSubmit={event => {
          event.preventDefault();
          if (text === asked.q) {
            reload();
          } else {
            set({});
          }
        }}
      >
        <div className="pai-find-row">
          <SearchInput
            label={t('downloads.hub_search')}
            hint={t('downloads.hub_hint')}
            value={text}
            onChange={setText}
          />
          <ChoiceField
            label={t('downloads.kind')}
            value={asked.type}
            options={[
              ['model', t('downloads.type_model')],
              ['dataset', t('downloads.type_dataset')]
            ]}
            onChange={type => set({ type })}
          />
          <ChoiceField
            label={t('downloads.sort')}
            value={asked.sort}
            options={SORTS.map(sort => [sort, t(`downloads.hub_sort_${sort}`)])}
            onChange={sort => set({ sort })}
          />
          <Button kind="primary" type="submit" icon="search" busy={waiting}>
            {t('downloads.hub_go')}
          </Button>
        </div>
        <div className="pai-find-row pai-find-checks">
          <CheckField
            label={t('downloads.hub_persian')}
            checked={asked.persian}
            onChange={persian => set({ persian })}
          />
          {data && !error ? (
            <span className="pai-quiet pai-small pai-find-count">
              {t('downloads.hub_from', { endpoint: data.endpoint })}
            </span>
          ) : null}
        </div>
      </form>
      {error ? <HubFailure error={error} onRetry={reload} /> : null}
      {!data && !error ? <Skeleton height={220} /> : null}
      {data && !error ? <Results results={data} /> : null}
    </>
  );
}

function Results({ results }: { results: HubResults }): React.JSX.Element {
  const { t, go } = useApp();
  const rows = results.items.map(hit => ({ ...hit, id: `${hit.type}:${hit.repo_id}` }));
  if (rows.length === 0) {
    return (
      <Card>
        <Empty icon="search" title={t('downloads.hub_none')}>
          {t('downloads.hub_none_help')}
        </Empty>
      </Card>
    );
  }
  return (
    <>
      <Card>
        <List
          items={rows}
          label={t('downloads.tab_hub')}
          onOpen={(hit, beside) =>
            go(
              hit.entry_id
                ? { page: 'downloads', id: hit.entry_id, view: 'entry' }
                : { page: 'downloads', id: hit.repo_id, view: hit.type },
              { beside }
            )
          }
          render={hit => <Hit hit={hit} />}
        />
      </Card>
      {results.more ? <p className="pai-quiet">{t('downloads.hub_more')}</p> : null}
    </>
  );
}

function Hit({ hit }: { hit: HubHit }): React.JSX.Element {
  const { t, fmt } = useApp();
  const job = useLatest().get(repoKey(hit.type, hit.repo_id));
  return (
    <>
      <span className="pai-row-title">
        <bdi dir="ltr" className="pai-ltr pai-strong">
          {hit.repo_id}
        </bdi>
        <StandChip repo={hit} job={job} />
        {hit.entry_id ? <Chip tone="accent">{t('downloads.hub_known')}</Chip> : null}
        {hit.gated ? <Chip tone="warm">{t('downloads.gated')}</Chip> : null}
        {hit.type === 'model' && !hit.safetensors ? (
          <Chip tone="warm">{t('downloads.hub_weights')}</Chip>
        ) : null}
      </span>
      <small>{hit.updated ? <When time={hit.updated} /> : null}</small>
      <small className="pai-hub-facts">
        {hit.task ? (
          <span>
            <TaskName task={hit.task} />
          </span>
        ) : null}
        {hit.parameters ? (
          <span>{t('downloads.parameters', { n: fmt.short(hit.parameters) })}</span>
        ) : null}
        {hit.license ? <bdi dir="ltr">{hit.license}</bdi> : null}
        <span>
          {t('downloads.popularity_is', {
            downloads: fmt.short(hit.downloads),
            likes: fmt.short(hit.likes)
          })}
        </span>
      </small>
    </>
  );
}
