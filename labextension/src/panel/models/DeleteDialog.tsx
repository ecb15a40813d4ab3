/**
 * The question before a model, or one of its versions, is deleted: who uses it, and what is freed.
 */
import * as React from 'react';

import { ModelUsersList } from './ModelUsersList';
import { Button } from '../../components/basics';
import { Dialog } from '../../components/Dialog';
import { Failure, Skeleton } from '../../components/states';
import { useAction, useApp, useRequest } from '../../hooks';
import type { Model } from '../../protocol';

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
    core.models().update(state => ({
      ...state,
      items: state.items.filter(one => one.id !== model.id)
    }));
  });
  const blocked = users.data?.users.some(user => user.blocks) === true;
  return (
    <Dialog
      title={
        version === undefined
          ? t('models.delete_title')
          : t('registry.delete_version_title', { n: fmt.number(version) })
      }
      onClose={props.onClose}
      actions={
        <>
          <Button onClick={props.onClose}>{t('panel.cancel')}</Button>
          <Button
            kind="danger"
            busy={remove.busy}
            disabled={blocked || !(users.data ?? users.error)}
            onClick={() => void remove.run()}
          >
            {t('panel.delete')}
          </Button>
        </>
      }
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
          <small className="pai-quiet">{t('registry.blocked_help')}</small>
          <Button kind="quiet" icon="retry" onClick={users.reload}>
            {t('registry.look_again')}
          </Button>
        </div>
      ) : null}
      {remove.error ? <Failure error={remove.error} /> : null}
    </Dialog>
  );
}
