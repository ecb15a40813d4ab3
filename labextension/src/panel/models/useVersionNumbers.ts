/**
 * The numbers of a model's versions whose folders are still there, for a choice among them.
 */
import { useApp, useRequest } from '../../hooks';
import type { Model } from '../../protocol';

/** See the module's comment. Empty until they are known. */
export function useVersionNumbers(model: Model): number[] {
  const { core } = useApp();
  const versions = useRequest(
    () => (model.versions > 1 ? core.api.models.versions(model.id) : Promise.resolve([])),
    [model.id, model.versions]
  );
  return (versions.data ?? [])
    .filter(version => version.present)
    .map(version => version.number)
    .sort((a, b) => b - a);
}
