import { describe, expect, it } from 'vitest';

import { filled, continues } from '../components/bokeh';
import { formats, parseNumber } from '../format';
import { translator } from '../i18n';
import { parseRoute, sameRoute } from '../route';
import { parser } from '../sse';
import { fieldsOf, optionsOf, problemsOf, typedOf, wrong } from '../state/form';

const fa = formats('fa', 'persian');
const en = formats('en', 'latin');

describe('numbers', () => {
  it('are Persian in prose', () => {
    expect(fa.number(1180)).toBe('۱٬۱۸۰');
    expect(fa.loss(3.4)).toBe('۳٫۴۰');
    expect(fa.percent(0.64)).toBe('۶۴٪');
    expect(fa.bytes(540_000_000)).toBe('۵۴۰ مگابایت');
    expect(fa.clock(64)).toBe('۱:۰۴');
    expect(formats('fa', 'latin').number(12)).toBe('12');
  });

  it('are plain in English', () => {
    expect(en.short(5_900_000)).toBe('5.9M');
    expect(en.bytes(1_300_000_000)).toBe('1.3 GB');
    expect(en.clock(3723)).toBe('1:02:03');
    expect(en.loss(null)).toBe('—');
  });

  it('of science stay Latin', () => {
    expect(fa.scientific(2.1e-4)).toBe('2.1e-4');
    expect(fa.scientific(0.05)).toBe('0.05');
  });

  it('are read in any digits', () => {
    expect(parseNumber('۳٫۵')).toBe(3.5);
    expect(parseNumber('۱٬۰۰۰')).toBe(1000);
    expect(parseNumber('3e-4')).toBe(3e-4);
    expect(parseNumber('')).toBeNaN();
    expect(parseNumber('دو')).toBeNaN();
  });
});

describe('times', () => {
  const now = new Date('2026-11-21T12:00:00Z');

  it('are near in words and far as a Jalali date', () => {
    expect(fa.ago('2026-11-21T11:57:00Z', now)).toContain('دقیقه پیش');
    expect(fa.ago('2026-11-01T12:00:00Z', now)).toBe('۱۰ آبان ۱۴۰۵');
    expect(en.ago('2026-11-21T09:00:00Z', now)).toContain('h ago');
    expect(en.date('2026-11-21T09:00:00Z')).toBe('21 November 2026');
  });
});

describe('words', () => {
  it('isolate what is put into them', () => {
    expect(translator('en')('panel.step_of', { done: 3, total: 7 })).toBe(
      'step \u20683\u2069 of \u20687\u2069'
    );
  });
});

describe('places', () => {
  it('are read from links', () => {
    expect(parseRoute('home')).toEqual({ page: 'home' });
    expect(parseRoute('training/new')).toEqual({ page: 'training', view: 'new' });
    expect(parseRoute('job:ab12')).toEqual({ page: 'training', id: 'ab12' });
    expect(parseRoute('nowhere')).toBeNull();
    expect(parseRoute('javascript:alert(1)')).toBeNull();
    expect(sameRoute({ page: 'home' }, { page: 'home' })).toBe(true);
  });
});

describe('server-sent events', () => {
  it('are the same however the text is cut', () => {
    const text =
      'event: token\r\ndata: {"text":"سلام\u200cها"}\r\n\r\n: ping\n\nevent: done\ndata: {}\n\n';
    for (const size of [1, 2, 7, 1000]) {
      const seen: [string, unknown][] = [];
      const parse = parser((name, data) => seen.push([name, data]));
      for (let at = 0; at < text.length; at += size) {
        parse(text.slice(at, at + size));
      }
      expect(seen).toEqual([
        ['token', { text: 'سلام\u200cها' }],
        ['done', {}]
      ]);
    }
  });
});

const SCHEMA = {
  $defs: {
    Shape: {
      properties: {
        layers: { type: 'integer', minimum: 1, maximum: 128, default: 6, group: 'model' }
      }
    }
  },
  properties: {
    epochs: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1000,
      default: 3,
      title_fa: 'دور'
    },
    max_steps: {
      anyOf: [{ type: 'integer', minimum: 1 }, { type: 'null' }],
      default: null
    },
    precision: { enum: ['auto', 'bf16'], default: 'auto', group: 'advanced' },
    shape: { $ref: '#/$defs/Shape', group: 'model' }
  }
};

describe('the form of a recipe', () => {
  const fields = fieldsOf(SCHEMA);
  const field = (path: string): (typeof fields)[number] => {
    const found = fields.find(spec => spec.path === path);
    if (!found) {
      throw new Error(path);
    }
    return found;
  };

  it('is read from its schema', () => {
    expect(fields.map(spec => [spec.path, spec.kind, spec.group])).toEqual([
      ['epochs', 'number', 'main'],
      ['max_steps', 'integer', 'main'],
      ['precision', 'choice', 'advanced'],
      ['shape.layers', 'integer', 'model']
    ]);
    expect(field('max_steps').nullable).toBe(true);
  });

  it('says what cannot be sent', () => {
    expect(wrong(field('epochs'), '0')?.key).toBe('training.above');
    expect(wrong(field('epochs'), '۲٫۵')).toBeNull();
    expect(wrong(field('epochs'), '')?.key).toBe('training.required');
    expect(wrong(field('max_steps'), '')).toBeNull();
    expect(wrong(field('shape.layers'), '1.5')?.key).toBe('training.not_whole');
    expect(wrong(field('shape.layers'), '200')?.key).toBe('training.at_most');
  });

  it('sends only what differs, and takes presets back', () => {
    expect(optionsOf(fields, { epochs: '3', 'shape.layers': '۴', max_steps: '' })).toEqual({
      shape: { layers: 4 }
    });
    expect(typedOf({ epochs: 20, shape: { layers: 4 }, max_steps: null })).toEqual({
      epochs: '20',
      'shape.layers': '4',
      max_steps: ''
    });
  });

  it('puts what the server says beside its field', () => {
    const problems = [
      { field: 'options.epochs', reason: 'too many' },
      { field: 'dataset_id', reason: 'gone' }
    ];
    expect(problemsOf({ problems })).toEqual({ epochs: 'too many', dataset_id: 'gone' });
    expect(problemsOf({ field: 'name', reason: 'long' })).toEqual({ name: 'long' });
  });
});

describe('a figure', () => {
  it('is filled before it is drawn', () => {
    const item = {
      doc: {
        roots: [{ name: 'ColumnDataSource', attributes: { name: 'loss', data: {} } }]
      }
    };
    expect(filled(item, { loss: { steps: [1, 2], values: [3, null] } })).toEqual({
      doc: {
        roots: [
          {
            name: 'ColumnDataSource',
            attributes: {
              name: 'loss',
              data: {
                type: 'map',
                entries: [
                  ['step', [1, 2]],
                  ['value', [3, { type: 'number', value: 'nan' }]]
                ]
              }
            }
          }
        ]
      }
    });
  });

  it('is streamed to only where the curve goes on', () => {
    const old = { steps: [1, 2, 3], values: [9, 8, 7] };
    expect(continues(old, { steps: [1, 2, 3, 4], values: [9, 8, 7, 6] })).toBe(3);
    expect(continues(old, { steps: [1, 2, 3], values: [9, 8, 5] })).toBe(0);
    expect(continues(old, { steps: [1, 2], values: [9, 8] })).toBe(0);
  });
});
