/**
 * The question before a model, or one of its versions, is deleted: who uses it, and what is freed.
 */
import * as React from 'react';

import { ModelUsersList } from './ModelUsersList';
import { AskDialog } from '../../components/AskDialog';
import { Button } from '../../components/basics';
import { Failure, Skeleton } from '../../components/states';
import { useAction, useApp, useRequest } from '../../hooks';
import type { Model } from '../../protocol';
import { without } from '../../state/list';

/** See the module's comment. Without `version` the whole model goes. */
export function DeleteDialog(props: {
  model: Model;
  version?: number;
  onDeleted?: () => void;
  onClose: () => void;
}): React.JSX.Element {
  const { core, t, fmt, go } = useApp();
  const { model, version } = props;
  const users = useRequest(
    () => core.api.models.users(model.id, version ?? null),
    [model.id, version ?? 0]
  );
  const remove = useAction(async () => {
    if (version !== undefined) {
      await core.api.models.removeVersion(model.id, version);
      props.onDeleted?.();
      props.onClose();
      return;
    }
    await core.api.models.remove(model.id);
    go({ page: 'models' });
    core.models().update(state => without(state, model.id));
  });
  const unload = useAction(async (id: string) => {
    await core.api.chat.unload(id);
    remove.clear();
    users.reload();
  });
  const blocking = (users.data?.users ?? []).filter(user => user.blocks);
  const engine = blocking.find(user => user.kind === 'engine');
  const blocked = blocking.length > 0;
  return (
    <AskDialog
      title={
        version === undefined
          ? t('models.delete_title')
          : t('registry.delete_version_title', { n: fmt.number(version) })
      }
      action={t('panel.delete')}
      danger
      deed={remove}
      ready={!blocked && Boolean(users.data ?? users.error)}
      onDo={() => void remove.run()}
      onClose={props.onClose}
    >
      <p>
        {version === undefined
          ? t(
              model.versions > 1 ? 'registry.delete_help_versions' : 'registry.delete_help',
              { name: model.name, n: fmt.number(model.versions) }
            )
          : t('registry.delete_version_help', { name: model.name })}
      </p>
      {users.data ? (
        <ModelUsersList users={users.data} />
      ) : users.error ? (
        <Failure error={users.error} onRetry={users.reload} />
      ) : (
        <Skeleton lines={3} />
      )}
      {blocked ? (
        <div className="pai-acts">
          <small className="pai-quiet">
            {t(engine ? 'registry.blocked_engine_help' : 'registry.blocked_help')}
          </small>
          {engine ? (
            <Button busy={unload.busy} onClick={() => void unload.run(engine.id)}>
              {t('chat.engine_unload')}
            </Button>
          ) : null}
          <Button kind="quiet" icon="retry" onClick={users.reload}>
            {t('registry.look_again')}
          </Button>
        </div>
      ) : null}
      {unload.error ? <Failure error={unload.error} onClose={unload.clear} /> : null}
    </AskDialog>
  );
}
