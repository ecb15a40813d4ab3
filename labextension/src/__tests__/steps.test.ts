import { describe, expect, it } from 'vitest';

import { isKey } from '../i18n';
import { missingBackend } from '../panel/datasets/useNormalisers';
import type { FindingCode, Normalisers } from '../protocol';
import {
  complete,
  DROP_CODES,
  MASK_CODES,
  mendOf,
  mends,
  moved,
  newStep,
  sharesOf,
  STEP_KINDS,
  withMend,
  type Step
} from '../state/steps';

const CODES: FindingCode[] = [
  'duplicate',
  'near_duplicate',
  ...DROP_CODES.filter(code => !(MASK_CODES as readonly string[]).includes(code)),
  ...MASK_CODES,
  'leak'
];

describe('mends', () => {
  it('there is one for every finding but a leak, which needs the other data', () => {
    for (const code of CODES) {
      expect(mendOf(code) === null, code).toBe(code === 'leak');
    }
  });

  it('is among the steps once it was added, and is added once', () => {
    for (const code of CODES.filter(one => one !== 'leak')) {
      const steps = withMend([], code);
      expect(steps, code).toHaveLength(1);
      expect(mends(steps, code)).toBe(true);
      expect(withMend(steps, code)).toEqual(steps);
      expect(steps.every(complete), code).toBe(true);
    }
    expect(withMend([], 'leak')).toEqual([]);
  });

  it('join a step of their kind', () => {
    const codes: FindingCode[] = ['email', 'too_short', 'phone', 'too_long', 'duplicate'];
    const steps = codes.reduce<Step[]>((list, code) => withMend(list, code), []);
    expect(steps).toEqual([
      { kind: 'mask', codes: ['email', 'phone'], style: 'tag' },
      { kind: 'filter', drop: ['too_short', 'too_long'] },
      { kind: 'dedupe', near: false }
    ]);
    expect(withMend(steps, 'near_duplicate')[2]).toEqual({ kind: 'dedupe', near: true });
    expect(mends(withMend([], 'near_duplicate'), 'duplicate')).toBe(true);
    expect(mends(withMend([], 'duplicate'), 'near_duplicate')).toBe(false);
  });

  it('leave the list that they are given as it was', () => {
    const steps: Step[] = [{ kind: 'mask', codes: ['email'] }];
    withMend(steps, 'card');
    expect(steps).toEqual([{ kind: 'mask', codes: ['email'] }]);
  });
});

describe('steps', () => {
  it('have words in both languages', () => {
    for (const kind of STEP_KINDS) {
      expect(isKey(`versions.step_${kind}`), kind).toBe(true);
      expect(isKey(`versions.help_${kind}`), kind).toBe(true);
    }
    for (const code of CODES) {
      expect(isKey(`quality.finding_${code}`), code).toBe(true);
    }
  });

  it('are complete when they say what to do', () => {
    const unfinished = STEP_KINDS.filter(kind => !complete(newStep(kind, 'text')));
    expect(unfinished).toEqual(['filter', 'without']);
    expect(complete({ kind: 'filter', min_words: 0 })).toBe(true);
    expect(complete({ kind: 'filter', contains: 'ا' })).toBe(true);
    expect(complete({ kind: 'mask', codes: [] })).toBe(false);
    expect(complete({ kind: 'sample', rows: 1.5 })).toBe(false);
  });

  it('move within their list', () => {
    const steps: Step[] = [
      { kind: 'clean' },
      { kind: 'dedupe' },
      { kind: 'sample', rows: 1 }
    ];
    expect(moved(steps, 2, -1).map(step => step.kind)).toEqual([
      'clean',
      'sample',
      'dedupe'
    ]);
    expect(moved(steps, 0, -1)).toEqual(steps);
    expect(moved(steps, 2, 1)).toEqual(steps);
  });
});

describe('shares', () => {
  it('are of parts that sum to a hundred and have names of their own', () => {
    const part = (name: string, percent: number): { name: string; percent: number } => ({
      name,
      percent
    });
    expect(sharesOf([part('الف', 90), part(' ب ', 10)])).toEqual({ الف: 0.9, ب: 0.1 });
    expect(sharesOf([part('a', 90), part('b', 9)])).toBeNull();
    expect(sharesOf([part('a', 50), part('a', 50)])).toBeNull();
    expect(sharesOf([part('a', 100), part('', 0)])).toBeNull();
    expect(sharesOf([part('a', 100), part('b', 0)])).toBeNull();
    expect(sharesOf([part('a', NaN), part('b', 100)])).toBeNull();
    expect(sharesOf([part('a', 33.3), part('b', 33.3), part('c', 33.4)])).not.toBeNull();
  });
});

describe('a back end of the normaliser', () => {
  const title = { fa: '', en: '' };
  const here: Normalisers = {
    default: {},
    steps: [],
    backends: [
      { id: 'own', title, version: '1', installed: true },
      { id: 'rishe', title, version: '0.5.1', installed: true },
      { id: 'hazm', title, version: '', installed: false }
    ]
  };

  it('is missed when it is not here, or here in another version', () => {
    expect(missingBackend({ backend: 'hazm', backend_version: '0.12.1' }, here)).toBe(
      'hazm 0.12.1'
    );
    expect(missingBackend({ backend: 'rishe', backend_version: '0.4' }, here)).toBe(
      'rishe 0.4'
    );
  });

  it('is not missed when it is here, or when that is not known', () => {
    expect(missingBackend({}, here)).toBeNull();
    expect(missingBackend({ backend: 'rishe', backend_version: '0.5.1' }, here)).toBeNull();
    expect(missingBackend({ backend: 'rishe' }, here)).toBeNull();
    expect(missingBackend({ backend: 'hazm' }, undefined)).toBeNull();
  });
});
