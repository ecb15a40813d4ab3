/**
 * The rows of a dataset: only those in sight are on the page, and only those near it are asked for.
 *
 * Every row is one line high, so that the place of a row is known without it; a press shows it
 * whole. Cells are text, each in the direction of its own words.
 */
import * as React from 'react';

import { BriefValue, useFieldName, WholeValue } from './datasets/RowParts';
import { FIELDS } from './datasets/shapes';
import { useRowWindow } from './datasets/rowWindow';
import { Button, Card } from '../components/basics';
import { Dialog } from '../components/Dialog';
import { Empty, Failure, Skeleton } from '../components/states';
import { useApp } from '../hooks';
import type { Dataset } from '../protocol';

/** The height of a row, in pixels; style/library.css has the same. */
const ROW = 36;
/** Rows drawn beyond the edges of what is seen. */
const BEYOND = 6;
/** Browsers cannot scroll further than some 33 million pixels. */
const HEIGHT_AT_MOST = 15_000_000;
/** A search is sent after this much rest, in milliseconds. */
const REST_MS = 250;
const SEEN = 12;

/** See the module's comment. */
export function DatasetRows({ dataset }: { dataset: Dataset }): React.JSX.Element {
  const { t, fmt } = useApp();
  const [typed, setTyped] = React.useState('');
  const [query, setQuery] = React.useState('');
  const [top, setTop] = React.useState(0);
  const [whole, setWhole] = React.useState<number | null>(null);
  const box = React.useRef<HTMLDivElement>(null);
  const nameOf = useFieldName();
  React.useEffect(() => {
    const timer = window.setTimeout(() => {
      setQuery(typed.trim());
      setTop(0);
      if (box.current) {
        box.current.scrollTop = 0;
      }
    }, REST_MS);
    return () => window.clearTimeout(timer);
  }, [typed]);
  const rows = useRowWindow(dataset.id, query);
  const total = rows.total ?? 0;
  const fields = FIELDS[dataset.shape].columns;
  const height = Math.min(total * ROW, HEIGHT_AT_MOST);
  // Above the browser's limit one pixel stands for several rows.
  const scale = height > 0 ? (total * ROW) / height : 1;
  const first = Math.max(0, Math.floor((top * scale) / ROW) - BEYOND);
  const last = Math.min(total, first + SEEN + 2 * BEYOND);
  const { need } = rows;
  React.useEffect(() => need(first, last), [need, first, last, query]);
  const opened = whole === null ? undefined : rows.row(whole);
  return (
    <Card
      title={t('datasets.preview')}
      action={
        <div className="pai-rows-search">
          {query !== '' && rows.total !== null ? (
            <small className="pai-quiet" role="status">
              {t('datasets.found', { n: fmt.number(total) })}
            </small>
          ) : null}
          <input
            className="pai-input"
            type="search"
            value={typed}
            placeholder={t('datasets.search_rows')}
            aria-label={t('datasets.search_rows')}
            onChange={event => setTyped(event.currentTarget.value)}
          />
        </div>
      }
    >
      {rows.error ? <Failure error={rows.error} onRetry={rows.reload} /> : null}
      {rows.total === null && !rows.error ? (
        <div className="pai-pad">
          <Skeleton lines={8} />
        </div>
      ) : null}
      {rows.total === 0 ? <Empty icon="search" title={t('datasets.found_none')} /> : null}
      {total > 0 ? (
        <div
          role="table"
          aria-label={t('datasets.rows_table')}
          aria-rowcount={total + 1}
          className="pai-rows"
          data-fields={fields.length}
          data-shape={dataset.shape}
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
            tabIndex={0}
            style={{ maxBlockSize: SEEN * ROW }}
            onScroll={event => setTop(event.currentTarget.scrollTop)}
          >
            <div style={{ blockSize: height, position: 'relative' }}>
              <div
                className="pai-rows-seen"
                style={{
                  insetBlockStart: scale === 1 ? first * ROW : top - (BEYOND * ROW) / 2
                }}
              >
                {Array.from({ length: last - first }, (_, at) => {
                  const index = first + at;
                  const row = rows.row(index);
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
                          aria-label={t('datasets.row_full', { n: fmt.number(index + 1) })}
                          disabled={!row}
                          onClick={() => setWhole(index)}
                        >
                          {fmt.number(index + 1)}
                        </button>
                      </span>
                      {fields.map(field => (
                        <span
                          role="cell"
                          key={field}
                          onClick={() => row && setWhole(index)}
                          className={row ? '' : 'pai-rows-wait'}
                        >
                          {row ? <BriefValue row={row} field={field} /> : null}
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
      {whole !== null && opened ? (
        <Dialog
          title={t('datasets.row_full', { n: fmt.number(whole + 1) })}
          onClose={() => setWhole(null)}
          actions={<Button onClick={() => setWhole(null)}>{t('panel.close')}</Button>}
        >
          <div className="pai-row-whole">
            {fields.map(field => (
              <section key={field} data-field={field}>
                {fields.length > 1 ? <h3>{nameOf(field)}</h3> : null}
                <WholeValue row={opened} field={field} />
              </section>
            ))}
          </div>
        </Dialog>
      ) : null}
    </Card>
  );
}
