// @vitest-environment jsdom
import * as React from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';

import { PAYLOADS } from './payloads';
import { AppContext, type App } from '../hooks';
import { translator } from '../i18n';
import { ChangedText, FoundText, visible } from '../panel/datasets/MarkedText';
import { changes } from '../text/changes';
import { pieces } from '../text/marks';

function render(element: React.JSX.Element): HTMLElement {
  const app = { lang: 'fa', t: translator('fa') } as unknown as App;
  const html = renderToStaticMarkup(
    <AppContext.Provider value={app}>{element}</AppContext.Provider>
  );
  return new DOMParser().parseFromString(html, 'text/html').body;
}

const joined = (text: string, kinds: readonly string[], after: string): string =>
  changes(text, after)
    .filter(one => kinds.includes(one.kind))
    .map(one => one.text)
    .join('');

describe('pieces', () => {
  it('join to the text, whatever the marks', () => {
    const text = 'با ۰۹۱۲ 😀 تماس';
    const marks = [
      { start: 3, end: 7, code: 'phone' },
      { start: 5, end: 9, code: 'card' },
      { start: -4, end: 1, code: 'html' },
      { start: 12, end: 400, code: 'email' },
      { start: 6, end: 6, code: 'empty' }
    ];
    const cut = pieces(text, marks);
    expect(cut.map(piece => piece.text).join('')).toBe(text);
    expect(cut.find(piece => piece.codes.length === 2)?.codes).toEqual(['phone', 'card']);
    expect(cut.filter(piece => piece.codes.includes('empty'))).toEqual([]);
    expect(pieces('', [])).toEqual([]);
  });

  it('count characters as Python does, not halves of them', () => {
    const [before, marked, after] = pieces('😀😀ab', [{ start: 1, end: 3, code: 'x' }]);
    expect([before?.text, marked?.text, after?.text]).toEqual(['😀', '😀a', 'b']);
  });
});

describe('changes', () => {
  const PAIRS: [string, string][] = [
    ['', ''],
    ['', 'تازه'],
    ['رفت', ''],
    ['مي خواهم كتاب هاي تو', 'می‌خواهم کتاب‌های تو'],
    ['a b c d', 'a c b d'],
    ['یک\nدو', 'یک دو'],
    ['😀 ب', '😀😀 ب'],
    ['x '.repeat(3000), 'y '.repeat(3000)]
  ];

  it.each(PAIRS)('give both texts back (%#)', (before, after) => {
    expect(joined(before, ['same', 'out'], after)).toBe(before);
    expect(joined(before, ['same', 'in'], after)).toBe(after);
  });

  it('are no more than what changed', () => {
    expect(changes('این كتاب خوب است', 'این کتاب خوب است')).toEqual([
      { kind: 'same', text: 'این ' },
      { kind: 'out', text: 'كتاب' },
      { kind: 'in', text: 'کتاب' },
      { kind: 'same', text: ' خوب است' }
    ]);
  });
});

describe('marked text', () => {
  it('says what was found and what changed', () => {
    const found = render(
      <FoundText
        text="زنگ به ۰۹۱۲"
        marks={[{ start: 7, end: 11, code: 'phone' }]}
        wordOf={code => `نام ${code}`}
      />
    );
    expect(found.textContent).toBe('زنگ به ۰۹۱۲');
    expect(found.querySelector('mark')?.title).toBe('نام phone');
    expect(found.querySelector('bdi')?.dir).toBe('rtl');
    const both = render(<ChangedText before="كتاب" after="کتاب" side="both" />);
    expect(both.querySelector('del')?.textContent).toContain('كتاب');
    expect(both.querySelector('ins')?.textContent).toContain('کتاب');
    const after = render(<ChangedText before="كتاب" after="کتاب" side="after" />);
    expect(after.querySelector('del')).toBeNull();
  });

  it('shows what nobody sees', () => {
    expect(visible('می\u200cروم')).toBe('می⎵روم');
    expect(visible('\u200f')).toBe('◦');
    expect(visible('  ')).toBe('␣');
  });

  it.each(PAYLOADS)('%j stays text', payload => {
    const shown = payload.replaceAll('\u0000', '').trim();
    for (const element of [
      <FoundText
        key="1"
        text={payload}
        marks={[{ start: 1, end: 4, code: payload }]}
        wordOf={code => code}
      />,
      <ChangedText key="2" before={payload} after={`${payload}x`} side="after" />
    ]) {
      const body = render(element);
      expect(body.textContent?.replace(/[⏎◦⎵␣]/g, '')).toContain(shown.slice(0, 3));
      for (const node of body.querySelectorAll('*')) {
        expect(['bdi', 'mark', 'ins', 'del', 'span']).toContain(node.localName);
      }
    }
  });
});
