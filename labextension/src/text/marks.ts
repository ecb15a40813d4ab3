/**
 * Cutting a text at marked places. Offsets of the service count characters (code points); strings
 * here count UTF-16 units, so a text with emoji is cut by characters.
 */

/** A marked stretch of a text: characters `start` up to, not with, `end`. */
export interface Mark {
  start: number;
  end: number;
  /** What is marked there. */
  code: string;
}

/** A stretch of a text and all marks on it. */
export interface Piece {
  text: string;
  codes: readonly string[];
}

const SURROGATE = /[\ud800-\udfff]/;

/** `text` in pieces, in order; joined they are `text`. Marks may overlap or lie outside. */
export function pieces(text: string, marks: readonly Mark[]): Piece[] {
  if (marks.length === 0) {
    return text === '' ? [] : [{ text, codes: [] }];
  }
  const characters = SURROGATE.test(text) ? Array.from(text) : null;
  const length = characters?.length ?? text.length;
  const cut = (from: number, to: number): string =>
    characters ? characters.slice(from, to).join('') : text.slice(from, to);
  const places = new Set([0, length]);
  for (const { start, end } of marks) {
    places.add(Math.min(length, Math.max(0, start)));
    places.add(Math.min(length, Math.max(0, end)));
  }
  const ordered = [...places].sort((a, b) => a - b);
  const made: Piece[] = [];
  for (let at = 0; at + 1 < ordered.length; at += 1) {
    const [from, to] = [ordered[at] ?? 0, ordered[at + 1] ?? length];
    const codes = marks
      .filter(mark => mark.start <= from && to <= mark.end)
      .map(mark => mark.code);
    made.push({ text: cut(from, to), codes: [...new Set(codes)] });
  }
  return made;
}
