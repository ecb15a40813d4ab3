/**
 * The switches of the normaliser as the service describes them, asked for once a page.
 */
import type { Core } from '../../core';
import { useApp, useRequest } from '../../hooks';
import type { NormaliserRecipe, Normalisers } from '../../protocol';

const asked = new WeakMap<Core, Promise<Normalisers>>();

function ask(core: Core): Promise<Normalisers> {
  let answer = asked.get(core);
  if (!answer) {
    answer = core.api.persian.normalisers();
    asked.set(core, answer);
    // What failed is asked again by who comes next.
    answer.catch(() => asked.delete(core));
  }
  return answer;
}

/** undefined before the answer, and where the service cannot give it. */
export function useNormalisers(): Normalisers | undefined {
  const { core } = useApp();
  return useRequest(() => ask(core), []).data;
}

/**
 * The back end that a recipe names and that is not here in that version, or null. The engine then
 * reads texts as they were written, and that must be said.
 */
export function missingBackend(
  recipe: NormaliserRecipe,
  normalisers: Normalisers | undefined
): string | null {
  const { backend: id = 'own', backend_version: wanted = '' } = recipe;
  const backend = normalisers?.backends.find(one => one.id === id);
  if (!backend || (backend.installed && (wanted === '' || wanted === backend.version))) {
    return null;
  }
  return `${id} ${wanted}`.trim();
}
