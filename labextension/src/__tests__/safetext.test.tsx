// @vitest-environment jsdom
import * as React from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';

import { SafeText } from '../components/SafeText';
import { fold, holds } from '../text/fold';
import { PAYLOADS } from './payloads';

function render(text: string): HTMLElement {
  const html = renderToStaticMarkup(<SafeText text={text} />);
  return new DOMParser().parseFromString(html, 'text/html').body;
}

describe('SafeText', () => {
  it.each(PAYLOADS)('%j stays text', payload => {
    const body = render(payload);
    // Parsing markup drops NUL; the page itself gets text nodes and parses nothing.
    expect(body.textContent).toBe(payload.replaceAll('\u0000', ''));
    const names = new Set(
      [...body.querySelectorAll('*')].map(element => element.localName)
    );
    expect([...names]).toEqual(['bdi']);
  });

  it('marks what reorders, and leaves half-spaces alone', () => {
    const body = render('می‌خوانم \u2067x\u2069 \u202etxt.exe');
    const marks = [...body.querySelectorAll('[data-mark]')];
    expect(marks.map(one => one.getAttribute('data-mark'))).toEqual(['RLI', 'PDI', 'RLO']);
    expect(body.textContent).toContain('می‌خوانم');
  });

  it('takes the direction of its words', () => {
    expect(render('کتاب').querySelector('bdi')?.dir).toBe('rtl');
    expect(render('book').querySelector('bdi')?.dir).toBe('ltr');
  });
});

describe('folding for search', () => {
  it.each([
    ['كتاب‌هاي', 'کتابهای'],
    ['گزارش ۱۲۳', '١٢٣'],
    ['مُحَمَّد', 'محمد'],
    ['قرآن', 'قران'],
    ['Hafez LoRA', 'hafez lora'],
    ['شمارهٔ ۵', 'شماره 5'],
    ['هر چه', '']
  ])('%s holds %s', (text, query) => {
    expect(holds(text, query)).toBe(true);
  });

  it('does not find what is not there', () => {
    expect(holds('کتاب', 'کتابها')).toBe(false);
  });

  it('is idempotent', () => {
    for (const text of ['كتاب‌هاي ١٢٣ مُحَمَّد', 'آقای İstanbul ﷲ ﻻ']) {
      expect(fold(fold(text))).toBe(fold(text));
    }
  });
});
