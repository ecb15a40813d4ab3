// @vitest-environment jsdom
import * as React from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';

import { formats } from '../format';
import { AppContext, type App } from '../hooks';
import { translator, type Lang } from '../i18n';
import { EstimateLine } from '../panel/TrainingEstimate';
import { TrainingForm } from '../panel/TrainingForm';
import { TrainingGate } from '../panel/TrainingGate';
import type { Estimate, GateCheck } from '../protocol';
import { fieldsOf, optionsOf, typedOf, wrong } from '../state/form';

const SCHEMA = {
  properties: {
    batch_size: { type: 'integer', default: 8, minimum: 1, title: 'Batch size' },
    gradient_checkpointing: {
      type: 'boolean',
      default: false,
      title: 'Gradient checkpointing',
      title_fa: 'بازمحاسبهٔ میانی‌ها'
    },
    checkpoint_minutes: {
      anyOf: [{ type: 'number', exclusiveMinimum: 0, maximum: 100 }, { type: 'null' }],
      default: null,
      title: 'Checkpoint minutes'
    }
  }
};

const CHANGE = { batch_size: 2, gradient_checkpointing: true };

const CHECK: GateCheck = {
  code: 'memory',
  ok: false,
  title: { en: 'Memory', fa: 'حافظه' },
  cause: { en: 'Too much.', fa: 'زیاد است.' },
  mend: { en: 'It fits with: batch size 2.', fa: 'با دستهٔ ۲ جا می‌شود.' },
  change: CHANGE
};

const ESTIMATE: Estimate = {
  parameters: 1_000_000,
  trainable_parameters: 1000,
  tokens: 5000,
  steps: 12,
  memory_bytes: 8e9,
  memory_available: 4e9,
  disk_bytes: 1e6,
  disk_available: 1e9,
  seconds: 600,
  fits: false,
  notes: [],
  device: 'cpu',
  precision: 'fp32',
  memory_parts: { weights: 1e6, activations: 7e9 },
  certainty: {
    memory_bytes: { how: 'computed', share: 0.15 },
    seconds: { how: 'guessed', share: 0.5 },
    tokens: { how: 'measured', share: 0 }
  },
  gate: [CHECK]
};

function render(element: React.JSX.Element, lang: Lang = 'en'): HTMLElement {
  const app = {
    lang,
    t: translator(lang),
    fmt: formats(lang, 'latin'),
    core: {}
  } as unknown as App;
  const html = renderToStaticMarkup(
    <AppContext.Provider value={app}>{element}</AppContext.Provider>
  );
  return new DOMParser().parseFromString(html, 'text/html').body;
}

describe('the form of a recipe', () => {
  const fields = fieldsOf(SCHEMA);

  it('knows yes and no, and what may stay empty', () => {
    expect(fields.map(field => field.kind)).toEqual(['integer', 'boolean', 'number']);
    expect(optionsOf(fields, { gradient_checkpointing: 'true' })).toEqual({
      gradient_checkpointing: true
    });
    expect(optionsOf(fields, { gradient_checkpointing: 'false' })).toEqual({});
    expect(wrong(fields[2]!, '')).toBeNull();
    expect(wrong(fields[2]!, '۰')).not.toBeNull();
    expect(optionsOf(fields, { checkpoint_minutes: '۱۰' })).toEqual({
      checkpoint_minutes: 10
    });
  });

  it('takes a change of the gate as if it had been typed', () => {
    expect(optionsOf(fields, typedOf(CHANGE))).toEqual(CHANGE);
  });

  it('draws a tick for yes and no, with its label', () => {
    const drawn = render(
      <TrainingForm
        fields={fields}
        typed={{ gradient_checkpointing: 'true' }}
        problems={{}}
        hidden={() => false}
        onChange={() => undefined}
      />
    );
    const tick = drawn.querySelector<HTMLInputElement>('input[type=checkbox]');
    expect(tick?.checked).toBe(true);
    expect(drawn.querySelector(`label[for="${tick?.id ?? ''}"]`)?.textContent).toBe(
      'Gradient checkpointing'
    );
  });
});

describe('the gate', () => {
  it.each(['fa', 'en'] as const)('says what is wrong and what mends it (%s)', lang => {
    const ask = { recipe: 'pretrain', dataset_id: 'a' };
    const drawn = render(
      <TrainingGate
        ask={ask}
        checks={[CHECK, { ...CHECK, code: 'disk', ok: true, change: null, mend: null }]}
        onApply={() => undefined}
        onTried={() => undefined}
      />,
      lang
    );
    const rows = drawn.querySelectorAll('.pai-checks > li');
    expect(rows).toHaveLength(2);
    expect(rows[0]?.textContent).toContain(CHECK.cause[lang]);
    expect(rows[0]?.textContent).toContain(CHECK.mend?.[lang] ?? '?');
    expect(rows[0]?.querySelector('button')).not.toBeNull();
    expect(rows[1]?.querySelector('button')).toBeNull();
    // Never by colour alone: each state has a word for who does not see the icon.
    const words = [...rows].map(row => row.querySelector('.pai-sr')?.textContent?.trim());
    expect(new Set(words).size).toBe(2);
  });

  it('shows every figure with how sure it is', () => {
    const drawn = render(
      <EstimateLine estimate={{ data: ESTIMATE, error: null, busy: false }} asked />
    );
    const text = drawn.textContent?.replace(/[\u2066-\u2069]/g, '') ?? '';
    expect(text).toContain('computed, ±15%');
    expect(text).toContain('guessed, ±50%');
    expect(text).toContain('measured');
    expect(drawn.querySelector('[role=progressbar]')?.getAttribute('aria-valuenow')).toBe(
      '100'
    );
    const parts = [...drawn.querySelectorAll('.pai-makeup li')].map(li => li.textContent);
    expect(parts[0]).toContain('Inner values');
  });
});
