// @vitest-environment jsdom
import * as React from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';

import { PAYLOADS } from './payloads';
import { AppContext, type App } from '../hooks';
import { isKey, translator } from '../i18n';
import { BriefValue, TaggedWords, Turns, WholeValue } from '../panel/datasets/RowParts';
import {
  byCount,
  FIELDS,
  oneLine,
  opening,
  runsOf,
  SHAPES,
  textOf,
  turnsOf
} from '../panel/datasets/shapes';

const TALK = [
  { role: 'user', content: 'سلام‌ها\nخوبی؟' },
  { role: 'assistant', content: 'درود' }
];

function render(element: React.JSX.Element): HTMLElement {
  const app = { lang: 'fa', t: translator('fa') } as unknown as App;
  const html = renderToStaticMarkup(
    <AppContext.Provider value={app}>{element}</AppContext.Provider>
  );
  return new DOMParser().parseFromString(html, 'text/html').body;
}

describe('values of rows', () => {
  it('are read without trust', () => {
    expect(turnsOf(TALK)).toEqual(TALK);
    for (const odd of [
      'x',
      7,
      null,
      undefined,
      [],
      {},
      [{ role: 'user' }],
      [null],
      [TALK]
    ]) {
      expect(turnsOf(odd)).toBeNull();
    }
    expect(textOf(['a', 'b'])).toBe('a b');
    expect(textOf(null)).toBe('');
    expect(textOf({ a: 1 })).toBe('{"a":1}');
    expect(runsOf('x', null)).toEqual([{ words: 'x', kind: '' }]);
  });

  it('are one line with their breaks marked', () => {
    expect(oneLine('a\n b')).toBe('a ⏎ b');
    expect(oneLine(TALK)).toBe('سلام‌ها ⏎ خوبی؟ │ درود');
    expect(oneLine('x'.repeat(9000))).toHaveLength(400);
  });

  it('open a conversation', () => {
    expect(opening({ messages: TALK })).toBe('سلام‌ها\nخوبی؟');
    expect(opening({ prompt: 'چه؟', answer: 'ب' })).toBe('چه؟');
    expect(opening({ prompt: TALK, chosen: 'a' })).toBe('سلام‌ها\nخوبی؟');
    expect(opening({ text: 'الف' })).toBe('الف');
    expect(opening({})).toBe('');
  });
});

describe('tagged words', () => {
  it('are runs of names and what is between', () => {
    const tokens = ['علی', 'رضایی', 'از', 'شهر', 'تهران', 'شیراز', 'آمد'];
    const tags = ['B-PER', 'I-PER', 'O', 'O', 'B-LOC', 'B-LOC', 'O'];
    expect(runsOf(tokens, tags)).toEqual([
      { words: 'علی رضایی', kind: 'PER' },
      { words: 'از شهر', kind: '' },
      { words: 'تهران', kind: 'LOC' },
      { words: 'شیراز', kind: 'LOC' },
      { words: 'آمد', kind: '' }
    ]);
  });

  it('read as the sentence, each name with its kind in words', () => {
    const body = render(
      <TaggedWords row={{ tokens: ['علی', 'رفت'], tags: ['B-PER', 'O'] }} />
    );
    expect(body.textContent).toBe('علی PER رفت');
    expect(body.querySelector('bdi')?.dir).toBe('rtl');
    expect(body.querySelectorAll('mark')).toHaveLength(1);
  });
});

describe('turns', () => {
  it('say who speaks', () => {
    const body = render(<Turns value={TALK} />);
    expect([...body.querySelectorAll('small')].map(one => one.textContent)).toEqual([
      'کاربر',
      'دستیار'
    ]);
    expect(body.querySelectorAll('ol > li')).toHaveLength(2);
  });

  it.each(PAYLOADS)('%j stays text everywhere', payload => {
    const shown = payload.replaceAll('\u0000', '');
    for (const element of [
      <Turns key="1" value={[{ role: payload, content: payload }]} />,
      <TaggedWords key="2" row={{ tokens: [payload], tags: [`B-${payload}`] }} />,
      <BriefValue key="3" row={{ label: payload }} field="label" />,
      <WholeValue key="4" row={{ prompt: payload }} field="prompt" />
    ]) {
      const body = render(element);
      expect(body.textContent).toContain(shown.trim());
      const names = new Set([...body.querySelectorAll('*')].map(one => one.localName));
      for (const name of names) {
        expect(['ol', 'li', 'small', 'bdi', 'mark']).toContain(name);
      }
    }
  });
});

describe('shapes', () => {
  it('have words for all that is shown of them, in both languages', () => {
    for (const shape of SHAPES) {
      const { must, may, columns } = FIELDS[shape];
      expect(isKey(`datasets.shape_${shape}`)).toBe(true);
      for (const field of [...must, ...may]) {
        expect(isKey(`datasets.map_${field}`), field).toBe(true);
      }
      for (const field of columns) {
        expect(isKey(`datasets.field_${field}`), field).toBe(true);
      }
    }
  });

  it('count labels the most frequent first, whatever their order', () => {
    expect(byCount({ a: 1, c: 3, b: 3, '10': 2 })).toEqual([
      ['b', 3],
      ['c', 3],
      ['10', 2],
      ['a', 1]
    ]);
    expect(byCount({})).toEqual([]);
  });
});
