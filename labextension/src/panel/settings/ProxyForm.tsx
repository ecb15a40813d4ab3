/**
 * The proxy on the way to the Hub. Its password goes in like the token and never comes out; who
 * leaves the field empty keeps the one that is set.
 */
import * as React from 'react';

import { useHubChange } from './hubChange';
import { Button, Card, Chip, Ltr } from '../../components/basics';
import { Field } from '../../components/Field';
import { LtrField } from '../../components/LtrField';
import { Failure } from '../../components/states';
import { useApp } from '../../hooks';
import type { HubSettings, HubSettingsPatch } from '../../protocol';
import { isProxy } from '../../state/hub';

/** See the module's comment. */
export function ProxyForm({ settings }: { settings: HubSettings }): React.JSX.Element {
  const { t } = useApp();
  const change = useHubChange();
  const [proxy, setProxy] = React.useState(settings.proxy);
  const [user, setUser] = React.useState(settings.proxy_user);
  const [password, setPassword] = React.useState('');
  const [tried, setTried] = React.useState(false);
  const bad = !isProxy(proxy.trim());
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (bad) {
      return;
    }
    const wanted: HubSettingsPatch = { proxy: proxy.trim(), proxy_user: user.trim() };
    if (password !== '') {
      wanted.proxy_password = password;
    }
    setPassword('');
    setTried(false);
    void change.run(wanted);
  };
  return (
    <Card
      title={t('hub.proxy')}
      action={
        settings.proxy ? (
          <Ltr>{settings.proxy}</Ltr>
        ) : (
          <Chip tone="quiet">{t('hub.proxy_none')}</Chip>
        )
      }
    >
      <form className="pai-pad pai-stack" onSubmit={submit} autoComplete="off" noValidate>
        <div className="pai-three">
          <LtrField
            label={t('hub.proxy')}
            value={proxy}
            onChange={setProxy}
            help={t('hub.proxy_help', { example: 'socks5h://127.0.0.1:1080' })}
            error={
              tried && bad
                ? t('hub.proxy_bad', {
                    http: 'http://host:port',
                    socks: 'socks5h://host:port'
                  })
                : undefined
            }
          />
          <LtrField label={t('hub.proxy_user')} value={user} onChange={setUser} />
          <Field
            label={t('hub.proxy_password')}
            help={t(
              settings.proxy_password_set
                ? 'hub.proxy_password_set'
                : 'hub.proxy_password_none'
            )}
          >
            {ids => (
              <input
                {...ids}
                className="pai-input pai-ltr"
                dir="ltr"
                type="password"
                autoComplete="new-password"
                value={password}
                onChange={event => setPassword(event.currentTarget.value)}
              />
            )}
          </Field>
        </div>
        <div className="pai-flow">
          <Button type="submit" busy={change.busy}>
            {t('hub.proxy_save')}
          </Button>
          {settings.proxy_password_set ? (
            <Button
              kind="danger"
              icon="trash"
              busy={change.busy}
              onClick={() => void change.run({ proxy_password: '' })}
            >
              {t('hub.proxy_forget')}
            </Button>
          ) : null}
        </div>
        {change.error ? <Failure error={change.error} onClose={change.clear} /> : null}
      </form>
    </Card>
  );
}
