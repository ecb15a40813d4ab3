/**
 * An entry of the catalogue as a card: what it is, what for, whether it may and can be used, and
 * the one next thing to do.
 */
import * as React from 'react';

import { Actions } from './Actions';
import { FitChip, StandChip, TaskName, TradeChip } from './Badges';
import { Chip, Ltr } from '../../components/basics';
import { useApp } from '../../hooks';
import { inLanguage } from '../../i18n';
import type { CatalogueItem, Job } from '../../protocol';

/** See the module's comment. */
export function EntryCard({
  item,
  job,
  onChange
}: {
  item: CatalogueItem;
  job: Job | undefined;
  onChange: () => void;
}): React.JSX.Element {
  const { t, lang, go } = useApp();
  return (
    <article className="pai-card pai-shelf-card">
      <header>
        <h2>
          <button
            type="button"
            className="pai-link"
            onClick={event =>
              go(
                { page: 'downloads', id: item.id, view: 'entry' },
                { beside: event.ctrlKey || event.metaKey }
              )
            }
          >
            <bdi>{item.name}</bdi>
          </button>
        </h2>
        <StandChip repo={item} job={job} />
      </header>
      {item.repo_id ? <Ltr title={item.repo_id}>{item.repo_id}</Ltr> : null}
      <p>{inLanguage(lang, item.good_for)}</p>
      <p className="pai-shelf-facts">
        <EntryFacts item={item} />
      </p>
      <div className="pai-shelf-foot">
        <div className="pai-flow">
          <TradeChip commercial={item.commercial} />
          {item.gated ? <Chip tone="warm">{t('downloads.gated')}</Chip> : null}
          {item.installed === 'no' ? <FitChip fits={item.fits} /> : null}
        </div>
        <Actions
          wanted={{
            type: item.type,
            repo: item.repo_id,
            name: item.name,
            installed: item.installed,
            open: item.open,
            path: item.path,
            model: item.model_id,
            job
          }}
          onChange={onChange}
        />
      </div>
    </article>
  );
}

function EntryFacts({ item }: { item: CatalogueItem }): React.JSX.Element {
  const { t, fmt } = useApp();
  const size = useSize();
  const facts = [
    <TaskName key="task" task={item.task} />,
    size(item),
    item.memory_bytes ? (
      <span key="memory" title={t('downloads.memory_tip')}>
        {`${t('downloads.memory')} ${fmt.bytes(item.memory_bytes)}`}
      </span>
    ) : null,
    item.tokens_per_word ? (
      <span key="tokens" title={t('downloads.tokens_tip')}>
        {t('downloads.tokens', { n: fmt.number(item.tokens_per_word, 2) })}
      </span>
    ) : null
  ].filter(Boolean);
  return (
    <>
      {facts.map((fact, index) => (
        <React.Fragment key={index}>
          {index ? ' · ' : null}
          {fact}
        </React.Fragment>
      ))}
    </>
  );
}

/** Gives the size of an entry in words: parameters, rows or bytes, whichever is known. */
export function useSize(): (item: CatalogueItem) => string | null {
  const { t, fmt } = useApp();
  return item => {
    if (item.parameters) {
      const n = fmt.short(item.parameters);
      return t(
        item.parameters_nominal ? 'downloads.parameters_about' : 'downloads.parameters',
        { n }
      );
    }
    if (item.rows) {
      return t('downloads.rows', { n: fmt.number(item.rows) });
    }
    return item.bytes ? fmt.bytes(item.bytes) : null;
  };
}
