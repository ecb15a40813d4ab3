/*
 * The steps that make a version, as a list that a user builds: what each begins with, which one mends
 * a finding, and whether it says enough to be asked for. Pure.
 */
import type { DatasetShape, FindingCode, NormaliserRecipe, VersionAsk } from '../protocol';

export type Step = VersionAsk['steps'][number];
export type StepKind = Exclude<NonNullable<Step['kind']>, 'part'>;
export type StepOf<Kind extends Step['kind']> = Extract<Step, { kind?: Kind }>;
export type MaskCode = StepOf<'mask'>['codes'][number];

/** In the order in which they are offered. */
export const STEP_KINDS: readonly StepKind[] = [
  'normalise',
  'clean',
  'mask',
  'filter',
  'dedupe',
  'map',
  'sample',
  'without'
];

export const MASK_CODES: readonly MaskCode[] = [
  'email',
  'phone',
  'national_id',
  'card',
  'iban'
];

/** Findings by which rows can be dropped; duplicates and leaks have steps of their own. */
export const DROP_CODES: readonly FindingCode[] = [
  'too_short',
  'too_long',
  'wrong_language',
  'mixed_scripts',
  'repeated',
  'html',
  'broken_half_space',
  'arabic_letters',
  'presentation_forms',
  'invisible',
  ...MASK_CODES
];

/** Codes are the service's; one that is newer than this page has no step here. */
const MENDS: Partial<Record<FindingCode, Step>> = {
  duplicate: { kind: 'dedupe', near: false },
  near_duplicate: { kind: 'dedupe', near: true },
  broken_half_space: { kind: 'normalise' },
  arabic_letters: { kind: 'normalise' },
  presentation_forms: { kind: 'normalise' },
  invisible: { kind: 'normalise' },
  html: { kind: 'clean' }
};

/** The step that mends a finding; null where there is none. */
export function mendOf(code: FindingCode): Step | null {
  const mend = MENDS[code];
  if (mend) {
    return mend;
  }
  if ((MASK_CODES as readonly string[]).includes(code)) {
    return { kind: 'mask', codes: [code as MaskCode], style: 'tag' };
  }
  return DROP_CODES.includes(code) ? { kind: 'filter', drop: [code] } : null;
}

/** Whether one of the steps mends the finding already. */
export function mends(steps: readonly Step[], code: FindingCode): boolean {
  const mend = mendOf(code);
  return steps.some(step => {
    switch (step.kind) {
      case 'dedupe':
        return mend?.kind === 'dedupe' && (step.near === true || mend.near !== true);
      case 'mask':
        return (step.codes as readonly string[]).includes(code);
      case 'filter':
        return (step.drop ?? []).includes(code);
      default:
        return mend?.kind === step.kind;
    }
  });
}

/** The steps with the mend of a finding: put into a step of its kind, or at the end. */
export function withMend(steps: readonly Step[], code: FindingCode): Step[] {
  const mend = mendOf(code);
  if (mend === null || mends(steps, code)) {
    return [...steps];
  }
  const at = steps.findIndex(step => step.kind === mend.kind);
  const old = steps[at];
  if (old === undefined) {
    return [...steps, mend];
  }
  const joined = [...steps];
  if (old.kind === 'mask' && mend.kind === 'mask') {
    joined[at] = { ...old, codes: [...old.codes, ...mend.codes] };
  } else if (old.kind === 'filter' && mend.kind === 'filter') {
    joined[at] = { ...old, drop: [...(old.drop ?? []), ...(mend.drop ?? [])] };
  } else if (old.kind === 'dedupe') {
    joined[at] = { ...old, near: true };
  }
  return joined;
}

/** A step as it is first shown. */
export function newStep(
  kind: StepKind,
  shape: DatasetShape,
  recipe?: NormaliserRecipe
): Step {
  switch (kind) {
    case 'normalise':
      return recipe ? { kind, recipe } : { kind };
    case 'filter':
      return { kind, drop: [] };
    case 'dedupe':
      return { kind, near: false, threshold: 0.8 };
    case 'map':
      return { kind, shape, fields: {}, labels: {} };
    case 'mask':
      return { kind, codes: [...MASK_CODES], style: 'tag' };
    case 'clean':
      return { kind };
    case 'sample':
      return { kind, rows: 1000, seed: 0 };
    case 'without':
      return { kind, dataset_id: '', near: false, threshold: 0.8 };
  }
}

/** Whether a step says all that it needs. */
export function complete(step: Step): boolean {
  switch (step.kind) {
    case 'mask':
      return step.codes.length > 0;
    case 'sample':
      return Number.isInteger(step.rows) && step.rows > 0;
    case 'without':
      return step.dataset_id !== '';
    case 'filter':
      return Boolean(
        step.drop?.length ||
        (step.keep_labels?.length ?? 0) ||
        (step.contains ?? '') ||
        (step.lacks ?? '') ||
        typeof step.min_words === 'number' ||
        typeof step.max_words === 'number' ||
        typeof step.min_persian_share === 'number'
      );
    default:
      return true;
  }
}

/** The steps with the one at `at` moved by `by` places. */
export function moved(steps: readonly Step[], at: number, by: number): Step[] {
  const list = [...steps];
  const to = at + by;
  const [step] = list.splice(at, 1);
  if (!step || to < 0 || to > list.length) {
    return [...steps];
  }
  list.splice(to, 0, step);
  return list;
}

/** Whole percents of the parts as shares that sum to exactly 1, or null where they do not. */
export function sharesOf(
  parts: readonly { name: string; percent: number }[]
): Record<string, number> | null {
  const sum = parts.reduce((all, part) => all + part.percent, 0);
  const names = new Set(parts.map(part => part.name.trim()));
  const bad =
    Math.abs(sum - 100) > 1e-9 ||
    names.has('') ||
    names.size !== parts.length ||
    parts.some(part => !(part.percent > 0));
  return bad
    ? null
    : Object.fromEntries(parts.map(part => [part.name.trim(), part.percent / 100]));
}
