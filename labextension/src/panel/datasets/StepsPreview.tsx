/**
 * Rows before and after, beside each other, with what went and what came marked word by word.
 */
import * as React from 'react';

import { ChangedText } from './MarkedText';
import { BriefValue, useFieldName, WholeValue } from './RowParts';
import { useStepWords } from './stepWords';
import { FIELDS, textOf, turnsOf, type Row } from './shapes';
import { Card, Chip } from '../../components/basics';
import { Icon } from '../../components/Icon';
import { Empty, Failure, Skeleton } from '../../components/states';
import type { ApiError } from '../../errors';
import { useApp } from '../../hooks';
import type { ChangedRow, DatasetShape, VersionPreview } from '../../protocol';

/** What steps would do; see the module's comment. */
export function StepsPreview(props: {
  preview: VersionPreview | null;
  error: ApiError | null;
  busy: boolean;
  shape: DatasetShape;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  const { preview, error, busy, shape } = props;
  return (
    <Card
      title={t('versions.preview')}
      action={
        <small className="pai-quiet pai-num" role="status">
          {busy
            ? t('versions.preview_wait')
            : preview
              ? t('versions.preview_of', { n: fmt.number(preview.sampled) })
              : ''}
        </small>
      }
    >
      {error ? <Failure error={error} /> : null}
      {!preview && !error ? (
        <div className="pai-pad">
          <Skeleton lines={6} />
        </div>
      ) : null}
      {preview && preview.rows.length === 0 && !busy ? (
        <Empty icon="check" title={t('versions.preview_none')} />
      ) : null}
      {preview && preview.rows.length > 0 ? (
        <div aria-busy={busy}>
          <ChangedRows rows={preview.rows} shape={shape} />
        </div>
      ) : null}
    </Card>
  );
}

/** Rows that changed, went or came. */
export function ChangedRows({
  rows,
  shape
}: {
  rows: readonly ChangedRow[];
  shape: DatasetShape;
}): React.JSX.Element {
  const { t } = useApp();
  return (
    <ol className="pai-changed-rows" tabIndex={0} aria-label={t('versions.preview')}>
      {rows.map(row => (
        <li key={`${row.number} ${row.before ? '' : 'came'}`}>
          <OneChange row={row} shape={shape} />
        </li>
      ))}
    </ol>
  );
}

function OneChange({
  row,
  shape
}: {
  row: ChangedRow;
  shape: DatasetShape;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  const words = useStepWords();
  const { before, after } = row;
  const whole = before ?? after ?? {};
  const fields = fieldsOf(before, after, shape);
  return (
    <>
      <div className="pai-flow">
        <small className="pai-num pai-quiet">
          {t('datasets.row_full', { n: fmt.number(row.number + 1) })}
        </small>
        {before === null ? (
          <Chip tone="good">{t('versions.row_came')}</Chip>
        ) : after === null ? (
          <Chip tone="bad">
            {row.step
              ? t('versions.row_dropped', { step: words.title(row.step) })
              : t('versions.row_gone')}
          </Chip>
        ) : null}
      </div>
      {before && after ? (
        <div className="pai-sides">
          {fields.map(field => (
            <Sides key={field} before={before} after={after} field={field} />
          ))}
        </div>
      ) : (
        <div className={after === null ? 'pai-gone' : 'pai-new'}>
          {fields.map(field => (
            <div key={field} className="pai-one-line">
              <BriefValue row={whole} field={field} />
            </div>
          ))}
        </div>
      )}
    </>
  );
}

/** The fields that a pair of rows has: of their shape, or, where that changed, of both. */
function fieldsOf(
  before: Row | null,
  after: Row | null,
  shape: DatasetShape
): readonly string[] {
  const own = FIELDS[shape].columns;
  const known = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return own.every(field => known.has(field)) &&
    known.size <= own.length + (known.has('tags') ? 1 : 0)
    ? own
    : [...known].filter(field => field !== 'tags');
}

function Sides(props: {
  before: Row;
  after: Row;
  field: string;
}): React.JSX.Element | null {
  const { t } = useApp();
  const nameOf = useFieldName();
  const { before, after, field } = props;
  if (JSON.stringify(before[field]) === JSON.stringify(after[field])) {
    return null;
  }
  const plain = !turnsOf(before[field]) && !turnsOf(after[field]) && field !== 'tokens';
  return (
    <section>
      <h3>{nameOf(field)}</h3>
      {plain || field === 'tokens' ? (
        <div className="pai-two">
          <div className="pai-changed-side" aria-label={t('versions.before')} role="group">
            <ChangedText
              before={textOf(before[field])}
              after={textOf(after[field])}
              side="before"
            />
          </div>
          <Icon name="back" />
          <div className="pai-changed-side" aria-label={t('versions.after')} role="group">
            <ChangedText
              before={textOf(before[field])}
              after={textOf(after[field])}
              side="after"
            />
          </div>
        </div>
      ) : (
        <TurnSides before={before[field]} after={after[field]} row={after} field={field} />
      )}
    </section>
  );
}

/** The turns of a conversation that changed, each beside what it was. */
function TurnSides(props: {
  before: unknown;
  after: unknown;
  row: Row;
  field: string;
}): React.JSX.Element {
  const [old, fresh] = [turnsOf(props.before), turnsOf(props.after)];
  if (!old || !fresh || old.length !== fresh.length) {
    return <WholeValue row={props.row} field={props.field} />;
  }
  return (
    <>
      {old.map((turn, place) => {
        const now = fresh[place]?.content ?? '';
        return turn.content === now ? null : (
          <div key={place} className="pai-two">
            <div className="pai-changed-side">
              <ChangedText before={turn.content} after={now} side="before" />
            </div>
            <Icon name="back" />
            <div className="pai-changed-side">
              <ChangedText before={turn.content} after={now} side="after" />
            </div>
          </div>
        );
      })}
    </>
  );
}
