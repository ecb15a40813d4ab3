/**
 * The Hub's token: set, validated, removed. What was typed is forgotten as soon as it is sent; the
 * service tells only its last four characters.
 */
import * as React from 'react';

import { TokenForm } from './TokenForm';
import { Button, Card, Chip, Ltr, When } from '../../components/basics';
import { Confirm } from '../../components/Dialog';
import { Facts } from '../../components/Facts';
import { Failure, Skeleton } from '../../components/states';
import { ApiError } from '../../errors';
import { useAction, useApp, useRequest } from '../../hooks';
import type { HubToken } from '../../protocol';

/** See the module's comment. */
export function TokenCard(): React.JSX.Element {
  const { core, t } = useApp();
  const first = useRequest(() => core.api.hub.token(), []);
  const [told, setTold] = React.useState<HubToken | null>(null);
  const [changing, setChanging] = React.useState(false);
  const [asked, setAsked] = React.useState(false);
  const validate = useAction(async () => setTold(await core.api.hub.validateToken()));
  const remove = useAction(async () => {
    await core.api.hub.removeToken();
    setTold(await core.api.hub.token());
    setAsked(false);
  });
  const token = told ?? first.data;
  const set = (now: HubToken): void => {
    setTold(now);
    setChanging(false);
  };
  return (
    <Card title={t('hub.token')} action={token ? <Standing token={token} /> : undefined}>
      <div className="pai-pad pai-stack">
        <p className="pai-quiet">{t('hub.token_help')}</p>
        {first.error && !token ? (
          <Failure error={first.error} onRetry={first.reload} />
        ) : null}
        {!token && !first.error ? <Skeleton lines={2} /> : null}
        {token?.set ? <Told token={token} /> : null}
        {token?.problem ? <Failure error={new ApiError(token.problem)} /> : null}
        {validate.error ? (
          <Failure error={validate.error} onClose={validate.clear} />
        ) : null}
        {remove.error ? <Failure error={remove.error} onClose={remove.clear} /> : null}
        {token && (!token.set || changing) ? (
          <TokenForm
            onSet={set}
            onCancel={token.set ? () => setChanging(false) : undefined}
          />
        ) : null}
        {token?.set && !changing ? (
          <div className="pai-flow">
            <Button icon="check" busy={validate.busy} onClick={() => void validate.run()}>
              {t('hub.token_validate')}
            </Button>
            <Button icon="edit" onClick={() => setChanging(true)}>
              {t('hub.token_change')}
            </Button>
            <Button kind="danger" icon="trash" onClick={() => setAsked(true)}>
              {t('hub.token_remove')}
            </Button>
          </div>
        ) : null}
      </div>
      {asked ? (
        <Confirm
          title={t('hub.token_remove_title')}
          action={t('hub.token_remove')}
          danger
          busy={remove.busy}
          onConfirm={() => void remove.run()}
          onClose={() => setAsked(false)}
        >
          {t('hub.token_remove_help')}
        </Confirm>
      ) : null}
    </Card>
  );
}

function Standing({ token }: { token: HubToken }): React.JSX.Element {
  const { t } = useApp();
  if (!token.set) {
    return <Chip tone="quiet">{t('hub.token_none')}</Chip>;
  }
  return token.valid === null ? (
    <Chip tone="warm">{t('hub.token_unknown')}</Chip>
  ) : token.valid ? (
    <Chip tone="good">{t('hub.token_valid')}</Chip>
  ) : (
    <Chip tone="bad">{t('hub.token_wrong')}</Chip>
  );
}

function Told({ token }: { token: HubToken }): React.JSX.Element {
  const { t } = useApp();
  const role = {
    '': null,
    read: t('hub.token_role_read'),
    write: t('hub.token_role_write'),
    'fine-grained': t('hub.token_role_fine')
  }[token.role];
  return (
    <div className="pai-told">
      <Facts
        facts={[
          [
            t('hub.token_write'),
            token.last_four ? <Ltr key="token">…{token.last_four}</Ltr> : null
          ],
          [
            t('hub.token_account'),
            token.account ? <Ltr key="account">{token.account}</Ltr> : null
          ],
          [t('hub.token_role'), role],
          [
            t('hub.token_validated'),
            token.validated ? <When key="when" time={token.validated} /> : null
          ],
          [
            t('hub.token_endpoint'),
            token.endpoint ? <Ltr key="endpoint">{token.endpoint}</Ltr> : null
          ]
        ]}
      />
    </div>
  );
}
