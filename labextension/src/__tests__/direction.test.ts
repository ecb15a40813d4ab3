import { describe, expect, it } from 'vitest';

import { blockDirection, countWords, directionOf } from '../text/direction';

describe('directionOf counts words, not the first letter', () => {
  it.each([
    ['Qwen3 مدل خوبی است، نه؟', 'rtl'],
    ['Gemma 3 روی نثر فارسی ۱٫۶۸ توکن در هر واژه می‌سازد', 'rtl'],
    ['سلام means hello in Persian', 'ltr'],
    ['«کتاب» is the Persian word for book', 'ltr'],
    ['Show the same for a pandas column.', 'ltr'],
    ['PyTorch را نصب کن', 'rtl'],
    ['PyTorch نصب', 'rtl'],
    ['«Qwen/Qwen3-0.6B» ناکام', 'rtl'],
    ['۱۲۳۴ ۵۶', 'rtl'],
    ['1234', 'ltr'],
    ['', 'ltr'],
    ['שלום עולם', 'rtl'],
    ['مرحبا يا عالم and', 'rtl'],
    ['1. Überraschung für alle', 'ltr'],
    ['می‌روم', 'rtl']
  ])('%s', (text, expected) => {
    expect(directionOf(text)).toBe(expected);
  });

  it('leaves fenced code out, closed or still open', () => {
    const code = 'import torch\nfrom transformers import AutoModel\nmodel = AutoModel()\n';
    expect(directionOf(`نمونه:\n\`\`\`python\n${code}\`\`\`\n`)).toBe('rtl');
    expect(directionOf(`نمونه:\n\`\`\`python\n${code}`)).toBe('rtl');
    expect(directionOf(`نمونه:\n~~~~\n${code}\n~~~\nmore words of code\n~~~~`)).toBe('rtl');
    expect(directionOf(`نمونه:\n\`\`\`\n${code}\`\`\`\nand now many English words`)).toBe(
      'ltr'
    );
  });

  it('leaves inline code, addresses, mail and paths out', () => {
    expect(directionOf('تابع `normalise_the_text(some text here)` خوب است')).toBe('rtl');
    expect(directionOf('ببین https://example.com/a/long/path/of/words')).toBe('rtl');
    expect(directionOf('نامه some.one+tag@mail.example.org')).toBe('rtl');
    expect(directionOf('پوشهٔ ~/models/hafez/one/two')).toBe('rtl');
  });

  it('follows the fallback only where there is no word', () => {
    expect(directionOf('123 + 456', 'rtl')).toBe('rtl');
    expect(directionOf('word', 'rtl')).toBe('ltr');
  });

  it('counts a word with half-spaces once', () => {
    expect(countWords('کتاب‌های‌مان را می‌خوانیم')).toEqual({ rtl: 3, ltr: 0 });
  });

  it('reads hostile lengths without a stall', () => {
    for (const text of [
      '`'.repeat(50_000),
      '`a '.repeat(30_000),
      'a@'.repeat(30_000),
      '/a'.repeat(30_000)
    ]) {
      expect(['rtl', 'ltr']).toContain(directionOf(text));
    }
  });
});

describe('blockDirection', () => {
  it('keeps the base for a borrowed term and leaves it for a whole paragraph', () => {
    expect(blockDirection('Fine-tuning', 'rtl')).toBe('rtl');
    expect(blockDirection('This whole paragraph is English.', 'rtl')).toBe('ltr');
    expect(blockDirection('این بند سراسر فارسی است', 'ltr')).toBe('rtl');
    expect(blockDirection('The word سلام is Persian', 'rtl')).toBe('rtl');
  });
});
