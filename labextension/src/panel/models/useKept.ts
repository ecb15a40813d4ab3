/**
 * Puts a model as a request has just answered it into the shared list, before its event comes.
 */
import { useApp } from '../../hooks';
import type { Model } from '../../protocol';

/** See the module's comment. */
export function useKept(): (model: Model) => void {
  const { core } = useApp();
  return changed =>
    core.models().update(state => ({
      ...state,
      items: state.items.map(one => (one.id === changed.id ? changed : one))
    }));
}
