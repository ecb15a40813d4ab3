/*
 * Which models are looked at, what their tags are, and which are compared. Pure.
 */
import type { Model } from '../protocol';
import type { ModelsQuery, ModelSort } from '../routes-models';

/** More models than this do not fit beside each other, nor does the service answer for more. */
export const MOST_MODELS = 8;

/** As the service has it. */
export const TAGS_AT_MOST = 32;
const TAG_LENGTH = 40;

/** Where models come from. */
export const SOURCES = ['trained', 'hub', 'path', 'converted', 'merged', 'bundle'] as const;
export type Source = (typeof SOURCES)[number];

/** What the list is narrowed to, and its order. */
export interface Narrowing {
  q: string;
  source: Source | '';
  tag: string;
  sort: ModelSort;
}

export const EVERY_MODEL: Narrowing = { q: '', source: '', tag: '', sort: 'created' };

/** Whether the list as it is followed live will not do. */
export function narrowed(choice: Narrowing): boolean {
  return (
    choice.q.trim() !== '' ||
    choice.source !== '' ||
    choice.tag !== '' ||
    choice.sort !== EVERY_MODEL.sort
  );
}

/** The request for a choice; what was not chosen is left out. */
export function modelsQuery(choice: Narrowing): ModelsQuery {
  const q = choice.q.trim();
  return {
    ...(q ? { q } : {}),
    ...(choice.source ? { source: choice.source } : {}),
    ...(choice.tag ? { tag: choice.tag } : {}),
    ...(choice.sort === EVERY_MODEL.sort ? {} : { sort: choice.sort })
  };
}

/** The tags of models, the most used first. */
export function tagsOf(models: readonly Model[]): string[] {
  const uses = new Map<string, number>();
  for (const tag of models.flatMap(model => model.tags)) {
    uses.set(tag, (uses.get(tag) ?? 0) + 1);
  }
  return [...uses]
    .sort(([a, n], [b, m]) => m - n || a.localeCompare(b, 'fa'))
    .map(([tag]) => tag);
}

/** Tags with what was typed, cut at commas of either script; each once. */
export function withTags(tags: readonly string[], typed: string): string[] {
  const fresh = typed
    .split(/[,،\n]/)
    .map(tag => tag.trim().replace(/\s+/g, ' ').slice(0, TAG_LENGTH))
    .filter(tag => tag !== '');
  return [...new Set([...tags, ...fresh])].slice(0, TAGS_AT_MOST);
}

/** The ids in a route: each once, at most `MOST_MODELS`. */
export function comparedIds(text: string | undefined): string[] {
  const ids = (text ?? '').split(',').filter(id => /^[\w-]+$/.test(id));
  return [...new Set(ids)].slice(0, MOST_MODELS);
}
