/**
 * What the list of models is narrowed to: words, where they are from, a tag; and its order.
 */
import * as React from 'react';

import { useSource } from './modelWords';
import { Button } from '../../components/basics';
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
      <input
        className="pai-input pai-search"
        type="search"
        value={typed}
        placeholder={t('models.search')}
        aria-label={t('models.search')}
        onChange={event => setTyped(event.currentTarget.value)}
      />
      <select
        className="pai-input"
        aria-label={t('models.filter_source')}
        value={choice.source}
        onChange={event =>
          onChoice({
            ...choice,
            source: SOURCES.find(one => one === event.currentTarget.value) ?? ''
          })
        }
      >
        <option value="">{t('models.filter_source_all')}</option>
        {SOURCES.map(source => (
          <option key={source} value={source}>
            {sourceOf(source)}
          </option>
        ))}
      </select>
      {props.tags.length > 0 || choice.tag ? (
        <select
          className="pai-input"
          aria-label={t('models.filter_tag')}
          value={choice.tag}
          onChange={event => onChoice({ ...choice, tag: event.currentTarget.value })}
        >
          <option value="">{t('models.filter_tag_all')}</option>
          {[...new Set([...(choice.tag ? [choice.tag] : []), ...props.tags])].map(tag => (
            <option key={tag} value={tag}>
              {tag}
            </option>
          ))}
        </select>
      ) : null}
      <select
        className="pai-input"
        aria-label={t('models.sort')}
        value={choice.sort}
        onChange={event =>
          onChoice({
            ...choice,
            sort:
              MODEL_SORTS.find(one => one === event.currentTarget.value) ?? EVERY_MODEL.sort
          })
        }
      >
        {MODEL_SORTS.map(sort => (
          <option key={sort} value={sort}>
            {t(`models.sort_${sort}`)}
          </option>
        ))}
      </select>
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
