/**
 * The question before a dataset is deleted: it says who would miss it.
 */
import * as React from 'react';

import { Confirm } from '../../components/Dialog';
import { Failure, Skeleton } from '../../components/states';
import type { ApiError } from '../../errors';
import { useAction, useApp, useRequest } from '../../hooks';
import type { Dataset, DatasetUsers } from '../../protocol';
import { without } from '../../state/list';

/** Whether what was refused is done when one insists. */
export function forced(error: ApiError | null): boolean {
  return error?.body.details?.['force'] === true;
}

/** See the module's comment. */
export function DeleteDialog(props: {
  dataset: Dataset;
  onClose: () => void;
}): React.JSX.Element {
  const { core, t, fmt, go } = useApp();
  const { dataset } = props;
  const users = useRequest(() => core.api.datasets.users(dataset.id), [dataset.id]);
  const remove = useAction(async (force: boolean) => {
    await core.api.datasets.remove(dataset.id, force);
    go({ page: 'datasets' });
    core.datasets().update(state => without(state, dataset.id));
  });
  return (
    <Confirm
      title={t('datasets.delete_title')}
      action={t(forced(remove.error) ? 'versions.delete_anyway' : 'panel.delete')}
      danger
      busy={remove.busy}
      onConfirm={() => void remove.run(forced(remove.error))}
      onClose={props.onClose}
    >
      {t('datasets.delete_help', {
        name: dataset.name,
        size: fmt.bytes(dataset.bytes)
      })}
      {users.data ? (
        <Users users={users.data} />
      ) : users.error ? null : (
        <Skeleton lines={2} />
      )}
      {remove.error ? <Failure error={remove.error} /> : null}
    </Confirm>
  );
}

function Users({ users }: { users: DatasetUsers }): React.JSX.Element {
  const { t, lang } = useApp();
  const kinds = ['waiting', 'jobs', 'models', 'datasets'] as const;
  const named = kinds.filter(kind => users[kind].length > 0);
  if (named.length === 0) {
    return <span className="pai-block pai-quiet">{t('versions.used_none')}</span>;
  }
  const comma = lang === 'fa' ? '، ' : ', ';
  return (
    <span className="pai-block">
      <b>{t('versions.used_by')}</b>
      {named.map(kind => (
        <span key={kind} className="pai-block">
          {t(`versions.used_${kind}`, {
            names: users[kind].map(name => `\u2068${name}\u2069`).join(comma)
          })}
        </span>
      ))}
    </span>
  );
}
