// @vitest-environment jsdom
import * as React from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';

import { Markdown, safeUrl } from '../components/Markdown';
import { PAYLOADS } from './payloads';

const LABELS = { copy: 'copy', copied: 'copied' };

/** Every element and attribute that our renderer can make; anything else came from the text. */
const ELEMENTS = new Set(
  (
    'div p span bdi a em strong del code pre br ul ol li input table thead tbody tr th td ' +
    'blockquote hr h3 h4 h5 h6 sup button'
  ).split(' ')
);
const ATTRIBUTES = new Set(
  (
    'class dir href target rel title type start tabindex checked disabled readonly ' +
    'data-depth data-align data-mark aria-live'
  ).split(' ')
);

function render(text: string, dir: 'rtl' | 'ltr' = 'ltr', forced = false): HTMLElement {
  const html = renderToStaticMarkup(
    <Markdown text={text} dir={dir} forced={forced} labels={LABELS} />
  );
  return new DOMParser().parseFromString(html, 'text/html').body;
}

function faults(body: HTMLElement): string[] {
  const found: string[] = [];
  for (const element of body.querySelectorAll('*')) {
    const name = element.localName;
    if (!ELEMENTS.has(name)) {
      found.push(`<${name}>`);
    }
    for (const { name: attribute, value } of element.attributes) {
      if (!ATTRIBUTES.has(attribute)) {
        found.push(`${name}[${attribute}]`);
      }
      if (attribute === 'href' && !/^(https?:\/\/|mailto:)/.test(value)) {
        found.push(`href=${value}`);
      }
    }
    if (name === 'a' && element.getAttribute('rel') !== 'noopener noreferrer nofollow') {
      found.push('rel');
    }
    if (name === 'input' && element.getAttribute('type') !== 'checkbox') {
      found.push('input');
    }
    if (
      name === 'button' &&
      element.className !== '' &&
      element.closest('.pai-code') === null
    ) {
      found.push('button');
    }
  }
  return found;
}

describe('nothing in a text becomes more than text', () => {
  const cases = PAYLOADS.map(payload => payload.replaceAll('%J', 'alert(1)'));

  it('has at least sixty different attacks', () => {
    expect(new Set(cases).size).toBeGreaterThanOrEqual(60);
  });

  it('would notice one that works', () => {
    const body = new DOMParser().parseFromString(
      '<p onclick=x><img src=x></p>',
      'text/html'
    ).body;
    expect(faults(body)).toEqual(['p[onclick]', '<img>', 'img[src]']);
  });

  it.each(cases)('%j', payload => {
    expect(faults(render(payload))).toEqual([]);
    expect(faults(render(`متن فارسی ${payload} ادامه`, 'rtl'))).toEqual([]);
    expect(faults(render(`> - 1. ${payload}`))).toEqual([]);
    expect(faults(render(`| a |\n|---|\n| ${payload} |`))).toEqual([]);
  });

  it('all of them at once', () => {
    expect(faults(render(cases.join('\n\n')))).toEqual([]);
  });

  it('shows markup as the characters it is', () => {
    expect(render('a <b onclick=x>c</b> <script>y</script>').textContent).toBe(
      'a <b onclick=x>c</b> <script>y</script>'
    );
  });
});

describe('links say where they lead', () => {
  it('adds the host when the words hide it', () => {
    const body = render('[your bank](https://evil.example/login)');
    expect(body.querySelector('.pai-destination')?.textContent).toBe('evil.example');
    expect(body.querySelector('a')?.target).toBe('_blank');
  });

  it('names the true host behind a user name, and the real letters of an imitation', () => {
    expect(render('[x](https://good.example@evil.example/)').textContent).toContain(
      'evil.example'
    );
    expect(render('[x](https://gооd.example/)').textContent).toContain('xn--');
  });

  it('does not repeat what the words already say', () => {
    expect(render('<https://example.com/a>').querySelector('.pai-destination')).toBeNull();
  });

  it('shows an unusable address instead of following it', () => {
    const body = render('[x](javascript:alert(1))');
    expect(body.querySelector('a')).toBeNull();
    expect(body.textContent).toContain('javascript:alert(1)');
  });

  it('never loads an image', () => {
    const body = render('![cat](https://example.com/cat.png)');
    expect(body.querySelector('img')).toBeNull();
    expect(body.querySelector('a')?.href).toBe('https://example.com/cat.png');
  });

  it.each([
    'javascript:x',
    'data:x',
    '//a',
    '/a',
    'a',
    '',
    'ftp://a',
    'http://',
    'https:a'
  ])('safeUrl refuses %s', url => {
    expect(safeUrl(url)).toBeNull();
  });
});

describe('form and direction', () => {
  it('keeps code left to right and exact', () => {
    const body = render('متن\n\n```python\nx = "كتاب‌ها"  \n\ty\n```', 'rtl');
    const code = body.querySelector('.pai-code');
    expect(code?.getAttribute('dir')).toBe('ltr');
    expect(code?.querySelector('code')?.textContent).toBe('x = "كتاب‌ها"  \n\ty');
    expect(render('یک `a b` دو', 'rtl').querySelector('code')?.getAttribute('dir')).toBe(
      'ltr'
    );
  });

  it('keeps half-spaces and line breaks of verse byte for byte', () => {
    const verse =
      'الا یا ایها الساقی ادر کأسا و ناولها\nکه عشق آسان نمود اول ولی افتاد مشکل‌ها';
    expect(render(verse, 'rtl').querySelector('p')?.textContent).toBe(verse);
  });

  it('lets a whole paragraph in the other direction run its own way, unless forced', () => {
    const text = 'این پاسخ فارسی است.\n\nThis paragraph is all English.';
    const own = [...render(text, 'rtl').querySelectorAll('p')].map(p => p.dir);
    expect(own).toEqual(['rtl', 'ltr']);
    const forced = [...render(text, 'rtl', true).querySelectorAll('p')].map(p => p.dir);
    expect(forced).toEqual(['rtl', 'rtl']);
  });

  it('draws lists, tasks, tables, headings, quotes and rules', () => {
    const body = render(
      '# یک\n\n3. سه\n4. چهار\n\n- [x] شد\n- [ ] نشد\n\n> نقل\n\n---\n\n| الف | b |\n|:--|--:|\n| یک | two |',
      'rtl'
    );
    expect(body.querySelector('h3')?.textContent).toBe('یک');
    expect(body.querySelector('ol')?.start).toBe(3);
    expect(body.querySelectorAll('input[type=checkbox]').length).toBe(2);
    expect(body.querySelector('blockquote')?.dir).toBe('rtl');
    expect(body.querySelector('td:last-child')?.getAttribute('data-align')).toBe('right');
    expect(body.querySelector('hr')).not.toBeNull();
  });

  it('marks characters that reorder their surroundings, and keeps them', () => {
    const odd = render('a \u202Eevil').querySelector('.pai-odd');
    expect(odd?.getAttribute('data-mark')).toBe('RLO');
    expect(odd?.textContent).toBe('\u202E');
  });

  it('survives deep nesting and great length', () => {
    expect(render('> '.repeat(500) + 'x').textContent).toContain('x');
    expect(render('- '.repeat(300) + 'x').textContent).toContain('x');
    expect(render('x'.repeat(250_000)).querySelector('.pai-plain-text')).not.toBeNull();
  });
});
