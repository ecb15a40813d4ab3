/**
 * What is known of the rows that a table shows: whole pages, the oldest forgotten. A search answers
 * with what it has found so far; the total grows until it is complete. Pure: it asks nothing.
 */
import type { Rows } from '../../protocol';
import type { Row } from './shapes';

export const PAGE = 50;
/** The height of a row, in pixels; style/library.css has the same. */
export const ROW = 36;
const PAGES_KEPT = 40;

/** A row and its number in the data, from 0. */
export interface Numbered {
  number: number;
  row: Row;
}

interface Stretch {
  rows: readonly Numbered[];
  asked: boolean;
}

/** See the module's comment. */
export class RowPages {
  /** How many rows were found so far; null before the first answer. */
  total: number | null = null;
  /** Whether all rows were looked at, and which share of them. */
  complete = true;
  share = 1;

  /** Whether this page should be asked for now; it then counts as asked. */
  ask(page: number, again = false): boolean {
    const known = this.pages.get(page);
    if (known?.asked === true) {
      return false;
    }
    if (known && !again && known.rows.length >= this.full(page)) {
      return false;
    }
    this.pages.set(page, { rows: known?.rows ?? [], asked: true });
    return true;
  }

  /** Takes an answer. */
  take(page: number, answer: Rows): void {
    const { rows, offset, numbers } = answer;
    // Asked for again, a page goes to the end of the line of those to be forgotten.
    this.pages.delete(page);
    this.pages.set(page, {
      rows: rows.map((row, place) => ({ number: numbers[place] ?? offset + place, row })),
      asked: false
    });
    this.total = answer.total;
    this.complete = answer.complete;
    this.share = answer.share;
    for (const [old, { asked }] of this.pages) {
      if (this.pages.size <= PAGES_KEPT) {
        break;
      }
      if (!asked) {
        this.pages.delete(old);
      }
    }
  }

  /** Forgets that a page was asked for, so that it may be asked for again. */
  fail(page: number): void {
    this.pages.delete(page);
  }

  row(index: number): Numbered | undefined {
    return this.pages.get(Math.floor(index / PAGE))?.rows[index % PAGE];
  }

  /** The page at which a search that goes on grows. */
  get growing(): number {
    return Math.floor((this.total ?? 0) / PAGE);
  }

  /** How many rows the page has if it has all that were found. */
  private full(page: number): number {
    return this.total === null ? 1 : Math.max(0, Math.min(PAGE, this.total - page * PAGE));
  }

  private readonly pages = new Map<number, Stretch>();
}

/** Where rows are while a box of `height` pixels scrolls over them. */
export interface Placing {
  /** The row, with its fraction, that is at the top of the box. */
  rowAt: (scrollTop: number) => number;
  /** How far to scroll to have a row at the top. */
  topOf: (row: number) => number;
}

/**
 * From the first row at the very top to the last one at the very bottom, also where the box is less
 * high than its rows together would be: one pixel then stands for several rows.
 */
export function placing(total: number, seen: number, height: number): Placing {
  const view = seen * ROW;
  const [rows, pixels] = [Math.max(0, total - seen), Math.max(0, height - view)];
  return {
    rowAt: scrollTop =>
      pixels > 0 ? (Math.min(pixels, Math.max(0, scrollTop)) * rows) / pixels : 0,
    topOf: row => (rows > 0 ? (Math.min(rows, Math.max(0, row)) * pixels) / rows : 0)
  };
}
