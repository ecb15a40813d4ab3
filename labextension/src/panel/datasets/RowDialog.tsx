/**
 * A row, whole: every field, and each thing that was found in it at its place in the text.
 */
import * as React from 'react';

import { useFieldName, useFindingNames, WholeValue, type MarksOf } from './RowParts';
import type { Numbered } from './rowPages';
import { FIELDS } from './shapes';
import { visible } from './MarkedText';
import { Button, Chip } from '../../components/basics';
import { Dialog } from '../../components/Dialog';
import { SafeText } from '../../components/SafeText';
import { Failure } from '../../components/states';
import { useApp, useRequest } from '../../hooks';
import type { DatasetShape, Finding, RowDetail } from '../../protocol';

/** Findings of the whole row, of which there is no place to mark. */
const OF_THE_ROW = new Set(['duplicate', 'near_duplicate', 'leak', 'too_short']);

/** Properties of {@link RowDialog}. */
export interface RowDialogProps {
  shown: Numbered;
  shape: DatasetShape;
  detail: ((number: number) => Promise<RowDetail>) | undefined;
  /** Go to the row before or after; without it there is none. */
  onBefore?: (() => void) | undefined;
  onAfter?: (() => void) | undefined;
  onClose: () => void;
}

/** See the module's comment. */
export function RowDialog(props: RowDialogProps): React.JSX.Element {
  const { t, fmt } = useApp();
  const { shown, shape, detail } = props;
  const nameOf = useFieldName();
  const asked = useRequest<RowDetail | null>(
    () => (detail ? detail(shown.number) : Promise.resolve(null)),
    [shown.number]
  );
  // An answer of the row before stays until the next has come.
  const known = asked.data?.number === shown.number ? asked.data : null;
  const findings: readonly Finding[] = known?.findings ?? [];
  // A page of very long rows has them shortened; the row by itself is whole.
  const row = known?.row ?? shown.row;
  const marksOf: MarksOf = path =>
    findings.filter(one => one.field === path && !OF_THE_ROW.has(one.code));
  const fields = FIELDS[shape].columns;
  return (
    <Dialog
      wide
      title={t('datasets.row_full', { n: fmt.number(shown.number + 1) })}
      onClose={props.onClose}
      actions={
        <>
          <Button disabled={!props.onBefore} onClick={props.onBefore}>
            {t('bring.previous')}
          </Button>
          <Button disabled={!props.onAfter} onClick={props.onAfter}>
            {t('bring.next')}
          </Button>
          <span className="pai-grow" />
          <Button onClick={props.onClose}>{t('panel.close')}</Button>
        </>
      }
    >
      <div
        className="pai-row-whole"
        tabIndex={0}
        role="region"
        aria-label={t('datasets.row_full', { n: fmt.number(shown.number + 1) })}
      >
        {fields.map(field => (
          <section key={field} data-field={field}>
            {fields.length > 1 ? <h3>{nameOf(field)}</h3> : null}
            <WholeValue row={row} field={field} marksOf={marksOf} />
          </section>
        ))}
      </div>
      {asked.error ? <Failure error={asked.error} onRetry={asked.reload} /> : null}
      {findings.length > 0 ? <Found findings={findings} /> : null}
    </Dialog>
  );
}

/** The findings in words: what, and what stands there. */
function Found({ findings }: { findings: readonly Finding[] }): React.JSX.Element {
  const { t } = useApp();
  const { nameOf } = useFindingNames();
  return (
    <ul className="pai-found-list" aria-label={t('quality.findings')}>
      {findings.map((one, place) => (
        <li key={place}>
          <Chip tone="warm">{nameOf(one.code)}</Chip>
          {OF_THE_ROW.has(one.code) ? null : <SafeText text={visible(one.text)} />}
        </li>
      ))}
    </ul>
  );
}
