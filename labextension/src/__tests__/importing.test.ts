import { describe, expect, it } from 'vitest';

import {
  askOf,
  AUTOMATIC,
  importPlace,
  nameOf,
  readingOf,
  sourceOf,
  speedometer,
  type ImportSource,
  type Reading
} from '../panel/datasets/importing';
import { PAGE, placing, ROW, RowPages } from '../panel/datasets/rowPages';
import type { Rows } from '../protocol';

const SOURCES: ImportSource[] = [
  { kind: 'upload', id: 'ab12', name: 'نظرها.csv' },
  { kind: 'path', path: '/data/متن‌ها/a b.txt' },
  { kind: 'hub', repo: 'someone/farstail', revision: 'main', files: ['data/train.csv'] }
];
const READING: Reading = {
  shape: 'text_label',
  encoding: 'cp1256',
  fields: { text: 'نظر', label: 'رای' },
  members: ['یک.csv']
};

describe('what is brought in', () => {
  it.each(SOURCES)('%j is found again in its place after a reload', source => {
    for (const reading of [AUTOMATIC, READING]) {
      const { query = {} } = importPlace(source, reading, 'job1');
      expect(sourceOf(query)).toEqual(source);
      expect(readingOf(query)).toEqual(reading);
      expect(query['job']).toBe('job1');
    }
  });

  it('is nothing in a place that says nothing, and odd readings are automatic', () => {
    expect(sourceOf({})).toBeNull();
    for (const reading of ['', '7', '"x"', '{', '[]', '{"shape":"odd","members":7}']) {
      expect(readingOf({ reading })).toEqual(AUTOMATIC);
    }
  });

  it('is asked for without what was left to guess', () => {
    const [upload] = SOURCES as [ImportSource];
    expect(askOf(upload, AUTOMATIC)).toEqual({
      upload_id: 'ab12',
      name: 'نظرها',
      shape: null,
      encoding: null,
      fields: {},
      members: []
    });
    const ask = askOf(upload, { ...READING, fields: { text: 'نظر', label: '' } });
    expect(ask.fields).toEqual({ text: 'نظر' });
    expect(ask.encoding).toBe('cp1256');
  });

  it('has a name without folder and endings', () => {
    const named = (path: string): string => nameOf({ kind: 'path', path });
    expect(named('/a/b/نظرها.jsonl.gz')).toBe('نظرها');
    expect(named('C:\\x\\train.tar.gz')).toBe('train');
    expect(named('.csv')).toBe('.csv');
    expect(named('v1.2.txt')).toBe('v1.2');
    expect(nameOf(SOURCES[2] as ImportSource)).toBe('farstail');
  });
});

describe('speed', () => {
  it('is of the last seconds', () => {
    const speed = speedometer();
    expect(speed(0, 0)).toBe(0);
    expect(speed(1000, 100)).toBe(100);
    for (let second = 2; second < 20; second += 1) {
      speed(second * 1000, 100 + (second - 1) * 1000);
    }
    expect(speed(20_000, 100 + 19_000)).toBeCloseTo(1000);
  });
});

function answer(offset: number, count: number, total: number, complete = true): Rows {
  const numbers = Array.from({ length: count }, (_, at) => (offset + at) * 2);
  const rows = numbers.map(n => ({ text: String(n) }));
  return {
    rows,
    offset,
    total,
    numbers,
    complete,
    share: complete ? 1 : 0.5,
    shortened: false
  };
}

describe('rows in a window', () => {
  it('are asked for once, and carry their numbers', () => {
    const pages = new RowPages();
    expect(pages.ask(0)).toBe(true);
    expect(pages.ask(0)).toBe(false);
    pages.take(0, answer(0, PAGE, 120));
    expect(pages.ask(0)).toBe(false);
    expect(pages.row(3)).toEqual({ number: 6, row: { text: '6' } });
    expect(pages.row(PAGE)).toBeUndefined();
    expect(pages.ask(2)).toBe(true);
    pages.fail(2);
    expect(pages.ask(2)).toBe(true);
  });

  it('grow while a search goes on', () => {
    const pages = new RowPages();
    pages.ask(0);
    pages.take(0, answer(0, 10, 10, false));
    expect([pages.total, pages.complete, pages.share]).toEqual([10, false, 0.5]);
    expect(pages.growing).toBe(0);
    // Asked again although it has all that was found: more may have been.
    expect(pages.ask(0)).toBe(false);
    expect(pages.ask(0, true)).toBe(true);
    expect(pages.row(3)?.number).toBe(6); // what is known stays on the page meanwhile
    pages.take(0, answer(0, PAGE, 70, false));
    expect(pages.growing).toBe(1);
    pages.ask(1, true);
    pages.take(1, answer(PAGE, 20, 70));
    expect(pages.complete).toBe(true);
    expect(pages.row(69)?.number).toBe(138);
  });

  it('of a page that was short are asked for again when more were found', () => {
    const pages = new RowPages();
    pages.ask(0);
    pages.take(0, answer(0, 10, 10, false));
    pages.ask(1, true);
    pages.take(1, answer(PAGE, 0, 40, false));
    expect(pages.ask(0)).toBe(true);
  });

  it('are forgotten, the oldest first', () => {
    const pages = new RowPages();
    for (let page = 0; page < 60; page += 1) {
      pages.ask(page);
      pages.take(page, answer(page * PAGE, PAGE, 60 * PAGE));
    }
    expect(pages.row(0)).toBeUndefined();
    expect(pages.row(59 * PAGE)).toBeDefined();
  });
});

describe('the place of rows', () => {
  it('is by their height while they fit', () => {
    const place = placing(1000, 12, 1000 * ROW);
    expect(place.rowAt(0)).toBe(0);
    expect(place.rowAt(100 * ROW)).toBeCloseTo(100);
    expect(place.rowAt((1000 - 12) * ROW)).toBeCloseTo(988);
    expect(place.topOf(100)).toBeCloseTo(100 * ROW);
    expect(placing(3, 3, 3 * ROW).rowAt(0)).toBe(0);
    expect(placing(0, 0, 0).topOf(5)).toBe(0);
  });

  it('reaches the first and the last of more than a browser can scroll', () => {
    const [total, height] = [5_000_000, 15_000_000];
    const place = placing(total, 12, height);
    expect(place.rowAt(0)).toBe(0);
    expect(place.rowAt(height - 12 * ROW)).toBeCloseTo(total - 12);
    for (const row of [0, 1, 2_500_000, total - 12]) {
      expect(place.rowAt(place.topOf(row))).toBeCloseTo(row, 3);
    }
    expect(place.rowAt(place.topOf(total + 9))).toBeCloseTo(total - 12);
  });
});
