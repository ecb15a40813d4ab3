/**
 * The catalogue: what was looked into, filtered and sorted by the service, one card each. Works
 * without the Hub.
 */
import * as React from 'react';

import { EntryCard } from './EntryCard';
import { useRemembered } from './remembered';
import { useCompleted, useLatest } from './underWay';
import { Button, Card } from '../../components/basics';
import { ChoiceField } from '../../components/ChoiceField';
import { Empty, Failure, Skeleton } from '../../components/states';
import { SearchInput } from '../../components/SearchInput';
import { useApp, useLive, useRequest } from '../../hooks';
import { inLanguage } from '../../i18n';
import type { Catalogue } from '../../protocol';
import {
  EVERYTHING,
  HUB_START,
  narrows,
  questionOf,
  repoKey,
  taskKey,
  type CatalogueChoice
} from '../../state/catalogue';
import { useMonth } from './month';

/** Typing is not asked about letter by letter. */
const PAUSE_MS = 180;
const SORTS = ['relevance', 'name', 'size', 'memory', 'tokens'] as const;

function useSettled<Value>(value: Value): Value {
  const [settled, setSettled] = React.useState(value);
  React.useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

/** See the module's comment. */
export function CatalogueTab(): React.JSX.Element {
  const { core, t, go } = useApp();
  const [choice, setChoice] = useRemembered('catalogue', EVERYTHING);
  const [, setHub] = useRemembered('hub', HUB_START);
  const settled = useSettled(choice);
  const completed = useCompleted();
  const models = useLive(core.models()).state?.items.length;
  const { data, error, reload } = useRequest(
    () => core.api.catalogue.search(questionOf(settled)),
    [questionOf(settled), completed, models]
  );
  const latest = useLatest();
  return (
    <>
      <Filters choice={choice} onChange={setChoice} catalogue={data} />
      {error ? (
        <Failure error={error} onRetry={reload} title={t('panel.error_title')} />
      ) : null}
      {data ? null : error ? null : <Skeleton height={260} />}
      {data && data.items.length === 0 ? (
        <Card>
          <Empty
            icon="search"
            title={t('downloads.nothing')}
            action={
              <div className="pai-flow">
                <Button onClick={() => setChoice({ ...EVERYTHING, sort: choice.sort })}>
                  {t('downloads.clear')}
                </Button>
                <Button
                  icon="search"
                  onClick={() => {
                    setHub({ ...HUB_START, q: choice.q, type: choice.type || 'model' });
                    go({ page: 'downloads', view: 'hub' });
                  }}
                >
                  {t('downloads.to_hub')}
                </Button>
              </div>
            }
          >
            {t('downloads.nothing_help')}
          </Empty>
        </Card>
      ) : null}
      {data && data.items.length > 0 ? (
        <ul className="pai-shelf" aria-label={t('downloads.tab_catalogue')}>
          {data.items.map(item => (
            <li key={item.id}>
              <EntryCard
                item={item}
                job={latest.get(repoKey(item.type, item.repo_id))}
                onChange={reload}
              />
            </li>
          ))}
        </ul>
      ) : null}
      {data ? <About catalogue={data} /> : null}
    </>
  );
}

function About({ catalogue }: { catalogue: Catalogue }): React.JSX.Element {
  const { t, lang } = useApp();
  const month = useMonth();
  return (
    <p className="pai-quiet pai-small">
      {inLanguage(lang, catalogue.about)}{' '}
      {t('downloads.verified', { month: month(catalogue.verified) })}
    </p>
  );
}

function Filters({
  choice,
  onChange,
  catalogue
}: {
  choice: CatalogueChoice;
  onChange: (choice: CatalogueChoice) => void;
  catalogue: Catalogue | undefined;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  const set = (change: Partial<CatalogueChoice>): void =>
    onChange({ ...choice, ...change });
  const taskWords = (task: string): string => {
    const key = taskKey(task);
    return key ? t(key) : task;
  };
  return (
    <form
      className="pai-card pai-pad pai-find"
      role="search"
      aria-label={t('downloads.filter')}
      onSubmit={event => event.preventDefault()}
    >
      <div className="pai-find-row">
        <SearchInput
          label={t('downloads.search')}
          hint={t('downloads.search_hint')}
          value={choice.q}
          onChange={q => set({ q })}
        />
        <ChoiceField
          label={t('downloads.kind')}
          value={choice.type}
          options={[
            ['', t('downloads.all_types')],
            ['model', t('downloads.type_model')],
            ['dataset', t('downloads.type_dataset')]
          ]}
          onChange={type => set({ type })}
        />
        <ChoiceField
          label={t('downloads.task')}
          value={choice.task}
          options={[
            ['', t('downloads.all_tasks')],
            ...(catalogue?.tasks ?? []).map(
              ({ value, count }) =>
                [value, `${taskWords(value)} (${fmt.number(count)})`] as const
            )
          ]}
          onChange={task => set({ task })}
        />
        <ChoiceField
          label={t('downloads.sort')}
          value={choice.sort}
          options={SORTS.map(sort => [sort, t(`downloads.sort_${sort}`)])}
          onChange={sort => set({ sort })}
        />
      </div>
      <div className="pai-find-row pai-find-checks">
        {(['trade', 'open', 'fits'] as const).map(name => (
          <label key={name} className="pai-check">
            <input
              type="checkbox"
              checked={choice[name]}
              onChange={event => set({ [name]: event.currentTarget.checked })}
            />
            {t(`downloads.only_${name}`)}
          </label>
        ))}
        {narrows(choice) ? (
          <Button
            kind="quiet"
            onClick={() => onChange({ ...EVERYTHING, sort: choice.sort })}
          >
            {t('downloads.clear')}
          </Button>
        ) : null}
        <span className="pai-quiet pai-small pai-find-count" role="status">
          {catalogue
            ? [
                t('downloads.shown', {
                  n: fmt.number(catalogue.items.length),
                  total: fmt.number(catalogue.total)
                }),
                t('downloads.room', {
                  memory: fmt.bytes(catalogue.memory_free),
                  disk: fmt.bytes(catalogue.disk_free)
                })
              ].join(' · ')
            : null}
        </span>
      </div>
    </form>
  );
}
