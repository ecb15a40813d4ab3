/**
 * The models that a choice leaves: the live list when nothing narrows it, else the service's answer,
 * asked again when a model comes, changes or goes.
 */
import { useAction, useApp, useLive, useRequest } from '../../hooks';
import type { ApiError } from '../../errors';
import type { Model } from '../../protocol';
import { append } from '../../state/list';
import { modelsQuery, narrowed, type Narrowing } from '../../state/models';

/** How many are asked for when the list is narrowed. */
const AT_ONCE = 100;

export interface Found {
  /** undefined before the first answer. */
  models: Model[] | undefined;
  /** Every model that is known so far, narrowed or not. */
  all: Model[];
  error: ApiError | null;
  reload: () => void;
  /** Asks for older ones; null when there are none. */
  older: (() => void) | null;
  asking: boolean;
}

/** See the module's comment. */
export function useModels(choice: Narrowing): Found {
  const { core } = useApp();
  const live = core.models();
  const view = useLive(live);
  const narrow = narrowed(choice);
  const asked = useRequest(
    () =>
      narrow
        ? core.api.models.page({ ...modelsQuery(choice), limit: AT_ONCE })
        : Promise.resolve(null),
    [narrow, choice, narrow ? (view.state?.seq ?? 0) : 0]
  );
  const more = useAction(async (cursor: string) => {
    const page = await core.api.models.page({ limit: 50, cursor });
    live.update(state => append(state, page));
  });
  const cursor = view.state?.cursor ?? null;
  const all = view.state?.items ?? [];
  return {
    models: narrow ? asked.data?.items : view.state?.items,
    all,
    error: view.error ?? (narrow ? asked.error : null) ?? more.error,
    reload: () => {
      view.reload();
      asked.reload();
    },
    older: narrow || cursor === null ? null : () => void more.run(cursor),
    asking: more.busy
  };
}
