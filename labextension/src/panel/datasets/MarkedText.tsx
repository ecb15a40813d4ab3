/**
 * Someone else's text with places marked in it: what was found there, or what changed. Marks are
 * said to screen readers too; invisible characters get a visible sign where they are marked.
 */
import * as React from 'react';

import { safeNodes } from '../../components/SafeText';
import { useApp } from '../../hooks';
import { direction } from '../../i18n';
import { changes } from '../../text/changes';
import { directionOf } from '../../text/direction';
import { pieces, type Mark } from '../../text/marks';

/** Signs for what nobody sees, where it is marked. */
const UNSEEN: readonly [RegExp, string][] = [
  [/\u200c/g, '⎵'],
  [/[\u200b\u200d-\u200f\u2060\ufeff\u00ad]/g, '◦'],
  [/\n/g, '⏎\n'],
  [/^ +$/g, '␣']
];

/** `text` with signs for its unseen characters. */
export function visible(text: string): string {
  return UNSEEN.reduce((shown, [what, sign]) => shown.replace(what, sign), text);
}

/** A text with what was found in it. `wordOf` names a code. */
export function FoundText({
  text,
  marks,
  wordOf,
  className
}: {
  text: string;
  marks: readonly Mark[];
  wordOf: (code: string) => string;
  className?: string;
}): React.JSX.Element {
  const { lang } = useApp();
  return (
    <bdi dir={directionOf(text, direction(lang))} className={className}>
      {pieces(text, marks).map((piece, place) =>
        piece.codes.length === 0 ? (
          <React.Fragment key={place}>{safeNodes(piece.text)}</React.Fragment>
        ) : (
          <mark
            key={place}
            className="pai-found"
            title={piece.codes.map(wordOf).join('، ')}
          >
            {safeNodes(piece.text.trim() === '' ? visible(piece.text) : piece.text)}
          </mark>
        )
      )}
    </bdi>
  );
}

/** A text before and after, with what went struck out and what came marked. */
export function ChangedText({
  before,
  after,
  side
}: {
  before: string;
  after: string;
  /** Which of the two is drawn, or both in one. */
  side: 'before' | 'after' | 'both';
}): React.JSX.Element {
  const { lang, t } = useApp();
  const left = { before: 'in', after: 'out', both: '' }[side];
  const shown = changes(before, after).filter(one => one.kind !== left);
  return (
    <bdi
      dir={directionOf(side === 'before' ? before : after, direction(lang))}
      className="pai-changed"
    >
      {shown.map((one, place) => {
        if (one.kind === 'same') {
          return <React.Fragment key={place}>{safeNodes(one.text)}</React.Fragment>;
        }
        const Tag = one.kind === 'out' ? 'del' : 'ins';
        return (
          <Tag key={place}>
            <span className="pai-sr">
              {t(one.kind === 'out' ? 'versions.went' : 'versions.came')}{' '}
            </span>
            {safeNodes(visible(one.text))}
          </Tag>
        );
      })}
    </bdi>
  );
}
