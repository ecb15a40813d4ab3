/**
 * What the rows of each shape hold, and how their values are read: a value of a row is someone
 * else's, so anything unexpected is shown as text and nothing is believed of it.
 */
import type { DatasetShape } from '../../protocol';

/** A row as the service sends it. */
export type Row = Readonly<Record<string, unknown>>;

/** A turn of a conversation. */
export interface Turn {
  role: string;
  content: string;
}

/** Words that belong together: a name and its kind, or what stands between names (no kind). */
export interface Run {
  words: string;
  kind: string;
}

interface Fields {
  /** What a row cannot be without. */
  must: readonly string[];
  /** What the file may have besides, to be joined to the rest. */
  may: readonly string[];
  /** What is drawn as a column. */
  columns: readonly string[];
}

/** In the order in which they are offered. */
export const FIELDS: Readonly<Record<DatasetShape, Fields>> = {
  text: { must: ['text'], may: [], columns: ['text'] },
  prompt_answer: {
    must: ['prompt', 'answer'],
    may: ['input'],
    columns: ['prompt', 'answer']
  },
  messages: { must: ['messages'], may: ['system'], columns: ['messages'] },
  text_label: { must: ['text', 'label'], may: [], columns: ['text', 'label'] },
  pair_label: {
    must: ['text', 'text_pair', 'label'],
    may: [],
    columns: ['text', 'text_pair', 'label']
  },
  // Tags are drawn on the words they belong to.
  tokens_tags: { must: ['tokens', 'tags'], may: [], columns: ['tokens'] },
  preference: {
    must: ['chosen', 'rejected'],
    may: ['prompt'],
    columns: ['prompt', 'chosen', 'rejected']
  }
};

export const SHAPES = Object.keys(FIELDS) as readonly DatasetShape[];

/** `value` as one text; a list gives its texts, parted by spaces. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  if (Array.isArray(value)) {
    return value.map(one => (isTurn(one) ? one.content : textOf(one))).join(' ');
  }
  return value === null || value === undefined ? '' : JSON.stringify(value);
}

function isTurn(value: unknown): value is Turn {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as Partial<Turn>).role === 'string' &&
    typeof (value as Partial<Turn>).content === 'string'
  );
}

/** The turns of a value, or null when it is no conversation. */
export function turnsOf(value: unknown): readonly Turn[] | null {
  return Array.isArray(value) && value.length > 0 && value.every(isTurn) ? value : null;
}

/** Words and their BIO tags as runs; a word without a tag belongs to no name. */
export function runsOf(tokens: unknown, tags: unknown): Run[] {
  const words = Array.isArray(tokens) ? tokens.map(textOf) : [textOf(tokens)];
  const said = Array.isArray(tags) ? tags.map(textOf) : [];
  const runs: Run[] = [];
  words.forEach((word, place) => {
    const tag = said[place] ?? 'O';
    const kind = /^[BI]-/.test(tag) ? tag.slice(2) : '';
    const last = runs[runs.length - 1];
    if (last && last.kind === kind && !tag.startsWith('B-')) {
      last.words += ` ${word}`;
    } else {
      runs.push({ words: word, kind });
    }
  });
  return runs;
}

/** The beginning of a value for one line: breaks are marked, as spaces would hide them. */
export function oneLine(value: unknown): string {
  const turns = turnsOf(value);
  const text = turns
    ? turns.map(turn => turn.content.slice(0, 200)).join(' │ ')
    : textOf(value);
  return text.slice(0, 400).replace(/\s*\n\s*/g, ' ⏎ ');
}

/** Labels by how often they came; how they were sent is no order. */
export function byCount(labels: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(labels).sort(
    ([one, many], [two, more]) => more - many || (one < two ? -1 : 1)
  );
}

/** What a model that learnt from this row is asked, or the text that it goes on with. */
export function opening(row: Row): string {
  const turns = turnsOf(row.messages) ?? turnsOf(row.prompt);
  const asked = turns?.find(turn => turn.role === 'user')?.content;
  return asked ?? textOf(row.prompt ?? row.text);
}

/** The texts of a row as they are normalised and searched: no labels, tags or roles. */
export function textsOf(row: Row): string[] {
  return Object.entries(row).flatMap(([field, value]) => {
    if (field === 'label' || field === 'tags') {
      return [];
    }
    const turns = turnsOf(value);
    return turns ? turns.map(turn => turn.content) : [textOf(value)];
  });
}
