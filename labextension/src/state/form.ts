/*
 * A recipe's form as data: its JSON Schema as a flat list of fields, what was typed as options.
 * The schema says what is allowed; the server says it again and has the last word.
 */
import type { Key } from '../i18n';
import { parseNumber } from '../format';

export type FieldKind = 'integer' | 'number' | 'text' | 'choice' | 'boolean';

export interface FieldSpec {
  /** Where it stands in the options, with dots: `shape.layers`. */
  path: string;
  kind: FieldKind;
  group: string;
  title: { fa: string; en: string };
  help: { fa: string; en: string };
  /** What stands there when nothing is typed. */
  initial: string;
  nullable: boolean;
  choices: string[];
  minimum?: number;
  maximum?: number;
  /** The minimum itself is not allowed. */
  above?: number;
  longest?: number;
}

/** The groups in the order of the form; the last is folded. */
export const GROUPS = ['main', 'model', 'method', 'watch', 'advanced'] as const;
export type Group = (typeof GROUPS)[number];

type Node = Record<string, unknown>;

/** The fields of a recipe's schema, in its order. */
export function fieldsOf(schema: Node): FieldSpec[] {
  const definitions = (schema['$defs'] ?? {}) as Record<string, Node>;
  const walk = (node: Node, before: string, inherited: string): FieldSpec[] =>
    Object.entries((node['properties'] ?? {}) as Record<string, Node>).flatMap(
      ([name, raw]) => {
        const path = before + name;
        const group = text(raw['group']) || inherited;
        const target = definitions[text(raw['$ref']).split('/').at(-1) ?? ''];
        return target ? walk(target, `${path}.`, group) : [field(path, raw, group)];
      }
    );
  return walk(schema, '', 'main');
}

function field(path: string, raw: Node, group: string): FieldSpec {
  const kinds = ((raw['anyOf'] as Node[] | undefined) ?? [raw]).filter(
    kind => kind['type'] !== 'null'
  );
  const rule = kinds[0] ?? raw;
  const choices = ((rule['enum'] as unknown[] | undefined) ?? []).map(String);
  const kind: FieldKind = choices.length
    ? 'choice'
    : rule['type'] === 'integer'
      ? 'integer'
      : rule['type'] === 'number'
        ? 'number'
        : rule['type'] === 'boolean'
          ? 'boolean'
          : 'text';
  const initial = raw['default'];
  return {
    path,
    kind,
    group,
    title: { en: text(raw['title']) || path, fa: text(raw['title_fa']) || path },
    help: { en: text(raw['description']), fa: text(raw['help_fa']) },
    initial: initial === null || initial === undefined ? '' : String(initial),
    nullable: kinds.length < ((raw['anyOf'] as Node[] | undefined) ?? [raw]).length,
    choices,
    ...limit('minimum', rule['minimum']),
    ...limit('maximum', rule['maximum']),
    ...limit('above', rule['exclusiveMinimum']),
    ...limit('longest', rule['maxLength'])
  };
}

function limit(name: string, value: unknown): Record<string, number> {
  return typeof value === 'number' ? { [name]: value } : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** What was typed, by path; what is missing stands at its initial value. */
export type Typed = Readonly<Record<string, string>>;

/** Why a field cannot be sent. */
export interface Wrong {
  key: Key;
  values?: Record<string, number>;
}

/** Why what stands in a field cannot be sent, or null. */
export function wrong(spec: FieldSpec, typed: string): Wrong | null {
  if (typed.trim() === '') {
    return spec.nullable || spec.kind === 'text' ? null : { key: 'training.required' };
  }
  if (spec.kind !== 'integer' && spec.kind !== 'number') {
    return spec.longest !== undefined && typed.length > spec.longest
      ? { key: 'training.at_most', values: { max: spec.longest } }
      : null;
  }
  const value = parseNumber(typed);
  if (Number.isNaN(value)) {
    return { key: 'training.not_number' };
  }
  if (spec.kind === 'integer' && !Number.isInteger(value)) {
    return { key: 'training.not_whole' };
  }
  if (spec.above !== undefined && value <= spec.above) {
    return { key: 'training.above', values: { min: spec.above } };
  }
  if (spec.minimum !== undefined && value < spec.minimum) {
    return { key: 'training.at_least', values: { min: spec.minimum } };
  }
  if (spec.maximum !== undefined && value > spec.maximum) {
    return { key: 'training.at_most', values: { max: spec.maximum } };
  }
  return null;
}

/** The options to send: only what differs from the schema's defaults. */
export function optionsOf(fields: FieldSpec[], typed: Typed): Record<string, unknown> {
  const options: Record<string, unknown> = {};
  for (const spec of fields) {
    const now = typed[spec.path];
    if (now !== undefined && now !== spec.initial) {
      put(options, spec.path.split('.'), valueOf(spec, now));
    }
  }
  return options;
}

function valueOf(spec: FieldSpec, typed: string): unknown {
  if (spec.kind === 'integer' || spec.kind === 'number') {
    return typed.trim() === '' ? null : parseNumber(typed);
  }
  if (spec.kind === 'boolean') {
    return typed === 'true';
  }
  return typed;
}

function put(options: Record<string, unknown>, path: string[], value: unknown): void {
  const [head = '', ...rest] = path;
  if (rest.length === 0) {
    options[head] = value;
    return;
  }
  const inner = (options[head] ?? {}) as Record<string, unknown>;
  options[head] = inner;
  put(inner, rest, value);
}

/** Options, as of a preset or an earlier job, as if they had been typed. */
export function typedOf(
  options: Record<string, unknown>,
  before = ''
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(options).flatMap(([name, value]) =>
      value !== null && typeof value === 'object'
        ? Object.entries(typedOf(value as Record<string, unknown>, `${before}${name}.`))
        : [[before + name, value === null || value === undefined ? '' : String(value)]]
    )
  );
}

/** What the server said of fields, by path in the options (or the request's own field). */
export function problemsOf(details: Record<string, unknown>): Record<string, string> {
  const listed = Array.isArray(details['problems'])
    ? (details['problems'] as unknown[])
    : [details];
  return Object.fromEntries(
    listed.flatMap(problem => {
      const { field: where, reason } = problem as { field?: unknown; reason?: unknown };
      return typeof where === 'string' && typeof reason === 'string'
        ? [[where.replace(/^options\./, ''), reason]]
        : [];
    })
  );
}
