/**
 * What the list of models is narrowed to: words, where they are from, a tag; and its order.
 */
import * as React from 'react';

import { useSource } from './modelWords';
import { Button } from '../../components/basics';
import { FilterChoice } from '../../components/ChoiceField';
import { SearchInput } from '../../components/SearchInput';
import { useApp } from '../../hooks';
import { MODEL_SORTS } from '../../routes-models';
import { EVERY_MODEL, narrowed, SOURCES, type Narrowing } from '../../state/models';

/** What is typed is asked for after this pause, in milliseconds. */
const PAUSE_MS = 250;

/** See the module's comment. */
export function ModelFilters(props: {
  choice: Narrowing;
  tags: readonly string[];
  onChoice: (choice: Narrowing) => void;
  children?: React.ReactNode;
}): React.JSX.Element {
  const { t } = useApp();
  const { choice, onChoice } = props;
  const sourceOf = useSource();
  const [typed, setTyped] = React.useState(choice.q);
  const latest = React.useRef(props);
  latest.current = props;
  React.useEffect(() => {
    if (typed === latest.current.choice.q) {
      return undefined;
    }
    const timer = window.setTimeout(
      () => latest.current.onChoice({ ...latest.current.choice, q: typed }),
      PAUSE_MS
    );
    return () => window.clearTimeout(timer);
  }, [typed]);
  return (
    <div className="pai-model-filters" role="search" aria-label={t('models.search')}>
      <SearchInput
        className="pai-search"
        label={t('models.search')}
        value={typed}
        onChange={setTyped}
      />
      <FilterChoice
        label={t('models.filter_source')}
        value={choice.source}
        options={[
          ['', t('models.filter_source_all')],
          ...SOURCES.map(source => [source, sourceOf(source)] as const)
        ]}
        onChange={source => onChoice({ ...choice, source })}
      />
      {props.tags.length > 0 || choice.tag ? (
        <FilterChoice
          label={t('models.filter_tag')}
          value={choice.tag}
          options={[
            ['', t('models.filter_tag_all')],
            ...[...new Set([...(choice.tag ? [choice.tag] : []), ...props.tags])].map(
              tag => [tag, tag] as const
            )
          ]}
          onChange={tag => onChoice({ ...choice, tag })}
        />
      ) : null}
      <FilterChoice
        label={t('models.sort')}
        value={choice.sort}
        options={MODEL_SORTS.map(sort => [sort, t(`models.sort_${sort}`)] as const)}
        onChange={sort => onChoice({ ...choice, sort })}
      />
      {narrowed(choice) ? (
        <Button
          kind="quiet"
          icon="close"
          onClick={() => {
            setTyped('');
            onChoice(EVERY_MODEL);
          }}
        >
          {t('models.filter_clear')}
        </Button>
      ) : null}
      {props.children}
    </div>
  );
}
