/**
 * The parts of a row that are more than a text: a label, tagged words, the turns of a conversation.
 * All of it is someone else's text and goes through SafeText.
 */
import * as React from 'react';

import { FoundText } from './MarkedText';
import { oneLine, runsOf, textOf, turnsOf, type Row } from './shapes';
import { SafeText, safeNodes } from '../../components/SafeText';
import { useApp } from '../../hooks';
import { direction, isKey, type Key } from '../../i18n';
import { directionOf } from '../../text/direction';
import type { Mark } from '../../text/marks';

const ROLES = ['system', 'user', 'assistant'];
/** How many tints there are in style/shapes.css. */
const TINTS = 5;
/** Words of a row that are drawn in one line. */
const BRIEF_RUNS = 60;

/** Our name for a field, where we have one. */
export function useFieldName(): (field: string) => string {
  const { t } = useApp();
  return field => t(`datasets.field_${field}` as Key);
}

/** What we call a finding; one that is newer than this page goes by its code. */
export function useFindingNames(): { nameOf: (code: string) => string } {
  const { t } = useApp();
  return {
    nameOf: code => {
      const key = `quality.finding_${code}`;
      return isKey(key) ? t(key) : code;
    }
  };
}

/** A class by its name. */
export function Label({ text }: { text: string }): React.JSX.Element {
  return <SafeText text={text} className="pai-label-chip" />;
}

/** A field of a row in one line. */
export function BriefValue({ row, field }: { row: Row; field: string }): React.JSX.Element {
  const { lang } = useApp();
  const value = row[field];
  if (field === 'label') {
    return <Label text={textOf(value)} />;
  }
  if (field === 'tokens') {
    return <TaggedWords row={row} brief />;
  }
  return <SafeText text={oneLine(value)} fallback={direction(lang)} />;
}

/** What was found in a row, by the path of the text: `text`, `messages.3.content`. */
export type MarksOf = (path: string) => readonly Mark[];

const UNMARKED: MarksOf = () => [];

/** A field of a row, whole, with what was found in it. */
export function WholeValue({
  row,
  field,
  marksOf = UNMARKED
}: {
  row: Row;
  field: string;
  marksOf?: MarksOf;
}): React.JSX.Element {
  const value = row[field];
  const { nameOf } = useFindingNames();
  if (field === 'label') {
    return <Label text={textOf(value)} />;
  }
  if (field === 'tokens') {
    return <TaggedWords row={row} />;
  }
  if (turnsOf(value)) {
    return <Turns value={value} field={field} marksOf={marksOf} />;
  }
  return (
    <FoundText
      text={textOf(value)}
      marks={marksOf(field)}
      wordOf={nameOf}
      className="pai-row-text"
    />
  );
}

/** The turns of a conversation, one under the other, each with who says it. */
export function Turns({
  value,
  field = 'messages',
  marksOf = UNMARKED
}: {
  value: unknown;
  field?: string;
  marksOf?: MarksOf;
}): React.JSX.Element {
  const { t } = useApp();
  const { nameOf } = useFindingNames();
  return (
    <ol className="pai-turns">
      {(turnsOf(value) ?? []).map((turn, place) => (
        <li key={place} data-role={turn.role}>
          <small>
            {ROLES.includes(turn.role) ? t(`datasets.role_${turn.role}` as Key) : turn.role}
          </small>
          <FoundText
            text={turn.content}
            marks={marksOf(`${field}.${place}.content`)}
            wordOf={nameOf}
          />
        </li>
      ))}
    </ol>
  );
}

/** Words in a sentence, the names among them marked with their kind. */
export function TaggedWords({
  row,
  brief = false
}: {
  row: Row;
  brief?: boolean;
}): React.JSX.Element {
  const { lang } = useApp();
  const runs = runsOf(row.tokens, row.tags);
  return (
    <bdi
      className={brief ? 'pai-tagged' : 'pai-tagged pai-row-text'}
      dir={directionOf(textOf(row.tokens), direction(lang))}
    >
      {runs.slice(0, brief ? BRIEF_RUNS : undefined).map((run, place) => (
        <React.Fragment key={place}>
          {place > 0 ? ' ' : null}
          {run.kind === '' ? (
            safeNodes(run.words)
          ) : (
            <mark className="pai-tagged-name" data-tint={tintOf(run.kind)}>
              {safeNodes(run.words)} <bdi className="pai-tagged-kind">{run.kind}</bdi>
            </mark>
          )}
        </React.Fragment>
      ))}
    </bdi>
  );
}

/** The same tint for the same kind, wherever it is drawn; people, places and firms differ. */
function tintOf(kind: string): number {
  let sum = 2;
  for (const letter of kind.toLowerCase()) {
    sum = (sum * 36 + (letter.codePointAt(0) ?? 0)) % 9973;
  }
  return sum % TINTS;
}
