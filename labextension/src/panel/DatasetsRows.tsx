/**
 * Rows in a table that scrolls through millions: only those in sight are on the page, and only those
 * near it are asked for. They may be searched, and filtered by what was found in them.
 *
 * Every row is one line high, so that the place of a row is known without it; a press shows it
 * whole. Cells are text, each in the direction of its own words.
 */
import * as React from 'react';

import { RowDialog } from './datasets/RowDialog';
import { BriefValue, useFieldName, useFindingNames } from './datasets/RowParts';
import { placing, ROW } from './datasets/rowPages';
import { useRowWindow, type RowSource } from './datasets/rowWindow';
import { FIELDS } from './datasets/shapes';
import { Card } from '../components/basics';
import { Empty, Failure, Skeleton } from '../components/states';
import { SearchInput } from '../components/SearchInput';
import { useApp } from '../hooks';
import type { DatasetShape, FindingCount } from '../protocol';

/** Rows drawn beyond the edges of what is seen. */
const BEYOND = 6;
/** Browsers cannot scroll further than some 33 million pixels. */
const HEIGHT_AT_MOST = 15_000_000;
/** A search is sent after this much rest, in milliseconds. */
const REST_MS = 250;
const SEEN = 12;

/** Properties of {@link DatasetRows}. */
export interface DatasetRowsProps {
  source: RowSource;
  shape: DatasetShape;
  /** What was found in these rows; each is a filter. */
  findings?: readonly Pick<FindingCount, 'code' | 'rows'>[];
  /** The filter that is on, and the way to change it. */
  finding?: string;
  onFinding?: (code: string) => void;
  /** How many rows are seen at once. */
  seen?: number;
}

/** See the module's comment. */
export function DatasetRows(props: DatasetRowsProps): React.JSX.Element {
  const { t, fmt } = useApp();
  const { source, shape, findings = [], finding = '', seen = SEEN } = props;
  const [typed, setTyped] = React.useState('');
  const [query, setQuery] = React.useState('');
  const [top, setTop] = React.useState(0);
  const [opened, setOpened] = React.useState<number | null>(null);
  // The row that the keyboard is at: the only one that Tab stops at.
  const [at, setAt] = React.useState(0);
  const walking = React.useRef(false);
  const box = React.useRef<HTMLDivElement>(null);
  const nameOf = useFieldName();
  const toTop = (): void => {
    setTop(0);
    setAt(0);
    setOpened(null);
    if (box.current) {
      box.current.scrollTop = 0;
    }
  };
  React.useEffect(() => {
    const timer = window.setTimeout(() => setQuery(typed.trim()), REST_MS);
    return () => window.clearTimeout(timer);
  }, [typed]);
  // Only when there are other rows: a row that was opened in the meantime must not shut.
  React.useEffect(toTop, [query, finding, source.key]);
  const rows = useRowWindow(source, query, finding);
  const total = rows.total ?? 0;
  const fields = FIELDS[shape].columns;
  const height = Math.min(total * ROW, HEIGHT_AT_MOST);
  const place = placing(total, Math.min(total, seen), height);
  const above = place.rowAt(top);
  const first = Math.max(0, Math.floor(above) - BEYOND);
  const last = Math.min(total, first + seen + 2 * BEYOND);
  const { need } = rows;
  React.useEffect(() => need(first, last), [need, first, last, query]);
  // Arrows walk the rows, however many there are; Enter opens one, as it is a button.
  const walk = (event: React.KeyboardEvent): void => {
    const target = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + seen,
      PageUp: at - seen,
      Home: 0,
      End: total - 1
    }[event.key];
    const { current } = box;
    if (target === undefined || !current) {
      return;
    }
    event.preventDefault();
    const next = Math.max(0, Math.min(total - 1, target));
    const now = place.rowAt(current.scrollTop);
    if (next < now) {
      current.scrollTop = place.topOf(next);
    } else if (next > now + seen - 1) {
      current.scrollTop = place.topOf(next - seen + 1);
    }
    walking.current = true;
    setAt(next);
  };
  React.useEffect(() => {
    const button = box.current?.querySelector<HTMLElement>(`[data-row="${at}"]`);
    if (walking.current && button) {
      walking.current = false;
      button.focus({ preventScroll: true });
    }
  });
  const whole = opened === null ? undefined : rows.row(opened);
  React.useEffect(() => {
    if (opened !== null) {
      need(opened, opened + 1);
    }
  }, [need, opened]);
  return (
    <Card
      className="pai-rows-card"
      title={
        <RowCount
          total={rows.total}
          searched={query !== '' || finding !== ''}
          complete={rows.complete}
          share={rows.share}
        />
      }
      action={
        <SearchInput
          className="pai-rows-search"
          label={t('datasets.search_rows')}
          value={typed}
          onChange={setTyped}
        />
      }
    >
      {(findings.length > 0 || finding !== '') && props.onFinding ? (
        <FindingChips findings={findings} chosen={finding} onChoose={props.onFinding} />
      ) : null}
      {rows.error ? <Failure error={rows.error} onRetry={rows.reload} /> : null}
      {rows.total === null && !rows.error ? (
        <div className="pai-pad">
          <Skeleton lines={8} />
        </div>
      ) : null}
      {rows.total === 0 && rows.complete ? (
        <Empty icon="search" title={t('datasets.found_none')} />
      ) : null}
      {total > 0 ? (
        <div
          role="table"
          aria-label={t('datasets.rows_table')}
          aria-rowcount={total + 1}
          className="pai-rows"
          data-fields={fields.length}
          data-shape={shape}
        >
          <div role="row" className="pai-rows-head" aria-rowindex={1}>
            <span role="columnheader">{t('datasets.row_number')}</span>
            {fields.map(field => (
              <span role="columnheader" key={field}>
                {nameOf(field)}
              </span>
            ))}
          </div>
          <div
            role="rowgroup"
            className="pai-rows-body"
            ref={box}
            onKeyDown={walk}
            style={{ maxBlockSize: seen * ROW }}
            onScroll={event => setTop(event.currentTarget.scrollTop)}
          >
            <div style={{ blockSize: height, position: 'relative' }}>
              <div
                className="pai-rows-seen"
                style={{ insetBlockStart: top + (first - above) * ROW }}
              >
                {Array.from({ length: last - first }, (_, at) => {
                  const index = first + at;
                  const known = rows.row(index);
                  const name = fmt.number((known?.number ?? index) + 1);
                  return (
                    <div
                      role="row"
                      className="pai-rows-row"
                      key={index}
                      aria-rowindex={index + 2}
                    >
                      <span role="rowheader">
                        <button
                          type="button"
                          className="pai-link pai-num"
                          data-row={index}
                          tabIndex={
                            index === Math.max(first, Math.min(last - 1, at)) ? 0 : -1
                          }
                          aria-label={t('datasets.row_full', { n: name })}
                          onFocus={() => setAt(index)}
                          onClick={() => setOpened(index)}
                        >
                          {name}
                        </button>
                      </span>
                      {fields.map(field => (
                        <span
                          role="cell"
                          key={field}
                          onClick={() => setOpened(index)}
                          className={known ? '' : 'pai-rows-wait'}
                        >
                          {known ? <BriefValue row={known.row} field={field} /> : null}
                        </span>
                      ))}
                    </div>
                  );
                })}
              </div>
            </div>
          </div>
        </div>
      ) : null}
      {opened !== null && whole ? (
        <RowDialog
          shown={whole}
          shape={shape}
          detail={source.detail}
          onBefore={opened > 0 ? () => setOpened(opened - 1) : undefined}
          onAfter={opened + 1 < total ? () => setOpened(opened + 1) : undefined}
          onClose={() => setOpened(null)}
        />
      ) : null}
    </Card>
  );
}

/** How many rows there are; of a search that goes on, how many were found so far. */
function RowCount(props: {
  total: number | null;
  searched: boolean;
  complete: boolean;
  share: number;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  const { total, searched, complete, share } = props;
  if (total === null) {
    return <>{t('datasets.rows_table')}</>;
  }
  const n = fmt.number(total);
  return (
    <span role="status" className="pai-num">
      {!searched
        ? t('datasets.rows', { n })
        : complete
          ? t('datasets.found', { n })
          : t('datasets.found_so_far', { n, share: fmt.percent(share) })}
    </span>
  );
}

function FindingChips(props: {
  findings: readonly Pick<FindingCount, 'code' | 'rows'>[];
  chosen: string;
  onChoose: (code: string) => void;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  const { nameOf } = useFindingNames();
  const { chosen } = props;
  // What another version had may be chosen still: it has to be seen to be taken off.
  const gone = chosen !== '' && !props.findings.some(({ code }) => code === chosen);
  return (
    <div className="pai-filters" role="group" aria-label={t('quality.filter')}>
      {gone ? (
        <button
          type="button"
          className="pai-toggle"
          aria-pressed={true}
          onClick={() => props.onChoose('')}
        >
          {nameOf(chosen)} <span className="pai-num">{fmt.number(0)}</span>
        </button>
      ) : null}
      {props.findings.map(({ code, rows }) => (
        <button
          key={code}
          type="button"
          className="pai-toggle"
          aria-pressed={code === chosen}
          onClick={() => props.onChoose(code === chosen ? '' : code)}
        >
          {nameOf(code)} <span className="pai-num">{fmt.short(rows)}</span>
        </button>
      ))}
    </div>
  );
}
