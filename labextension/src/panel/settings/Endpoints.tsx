/**
 * The addresses that are asked, in their order, and how each answers now.
 */
import * as React from 'react';

import { Button, Card, Chip, Ltr } from '../../components/basics';
import { Icon } from '../../components/Icon';
import { LtrField } from '../../components/LtrField';
import { Failure } from '../../components/states';
import { ApiError } from '../../errors';
import { useAction, useApp, type Action } from '../../hooks';
import type {
  EndpointCheck,
  HubCheck,
  HubEndpoint,
  HubSettings,
  HubSettingsPatch
} from '../../protocol';
import { endpointOf, ENDPOINTS_AT_MOST, isPlain, moved } from '../../state/hub';

/** See the module's comment. */
export function Endpoints(props: {
  settings: HubSettings;
  change: Action<[HubSettingsPatch]>;
}): React.JSX.Element {
  const { core, t } = useApp();
  const { change } = props;
  const { endpoints } = props.settings;
  const [found, setFound] = React.useState<HubCheck | null>(null);
  const check = useAction(async () => setFound(await core.api.hub.check()));
  const put = (next: HubSettingsPatch['endpoints']): void => {
    setFound(null);
    void change.run({ endpoints: next ?? [] });
  };
  const without = (at: number): HubEndpoint[] => endpoints.filter((_, one) => one !== at);
  const listed = new Set(endpoints.map(one => one.url));
  const others = (found?.endpoints ?? []).filter(one => !listed.has(one.url));
  return (
    <Card
      title={t('hub.endpoints')}
      action={
        <Button icon="retry" busy={check.busy} onClick={() => void check.run()}>
          {t(check.busy ? 'hub.checking' : 'hub.check')}
        </Button>
      }
    >
      <div className="pai-pad pai-stack">
        <p className="pai-quiet">{t('hub.endpoints_help')}</p>
        {check.error ? <Failure error={check.error} onClose={check.clear} /> : null}
        {found?.offline ? <p role="status">{t('hub.check_offline')}</p> : null}
        {endpoints.length === 0 ? (
          <p className="pai-quiet">{t('hub.endpoints_default')}</p>
        ) : (
          <ol className="pai-endpoints" aria-label={t('hub.endpoints')}>
            {endpoints.map((one, at) => (
              <Endpoint
                key={one.url}
                endpoint={one}
                first={at === 0}
                last={at === endpoints.length - 1}
                busy={change.busy}
                found={found?.endpoints.find(answer => answer.url === one.url)}
                onMove={by => put(moved(endpoints, at, by))}
                onRemove={() => put(without(at))}
                onToken={token =>
                  put(endpoints.map((old, n) => (n === at ? { ...old, token } : old)))
                }
              />
            ))}
          </ol>
        )}
        {others.map(one => (
          <div key={one.url} className="pai-endpoint">
            <Ltr>{one.url}</Ltr>
            <Answer found={one} />
          </div>
        ))}
        <NewEndpoint
          known={listed}
          busy={change.busy}
          onAdd={url => put([...endpoints, { url, token: false }])}
        />
        <small className="pai-quiet">{t('hub.endpoint_token_help')}</small>
      </div>
    </Card>
  );
}

function Endpoint(props: {
  endpoint: HubEndpoint;
  first: boolean;
  last: boolean;
  busy: boolean;
  found: EndpointCheck | undefined;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
  onToken: (token: boolean) => void;
}): React.JSX.Element {
  const { t } = useApp();
  const { endpoint, busy, found } = props;
  const { url } = endpoint;
  return (
    <li className="pai-endpoint">
      <Ltr>{url}</Ltr>
      <label className="pai-check">
        <input
          type="checkbox"
          aria-label={t('hub.endpoint_token_named', { url })}
          checked={endpoint.token}
          disabled={busy}
          onChange={event => props.onToken(event.currentTarget.checked)}
        />
        {t('hub.endpoint_token')}
      </label>
      <div className="pai-acts">
        <Button
          kind="quiet"
          icon="up"
          aria-label={t('hub.endpoint_up', { url })}
          disabled={props.first || busy}
          onClick={() => props.onMove(-1)}
        />
        <Button
          kind="quiet"
          icon="down"
          aria-label={t('hub.endpoint_down', { url })}
          disabled={props.last || busy}
          onClick={() => props.onMove(1)}
        />
        <Button
          kind="quiet"
          icon="trash"
          aria-label={t('hub.endpoint_remove', { url })}
          disabled={busy}
          onClick={props.onRemove}
        />
      </div>
      {endpoint.token && isPlain(url) ? (
        <small className="pai-warned">
          <Icon name="warning" />
          <span>{t('hub.endpoint_token_plain', { http: 'http' })}</span>
        </small>
      ) : null}
      {found ? <Answer found={found} /> : null}
    </li>
  );
}

/** How an address answered. */
function Answer({ found }: { found: EndpointCheck }): React.JSX.Element {
  const { t, fmt } = useApp();
  const { milliseconds: time, token_accepted: token } = found;
  return (
    <div className="pai-endpoint-answer" role="status">
      {found.reachable ? (
        <Chip tone="good">
          {time === null
            ? t('hub.check_ok_bare')
            : t('hub.check_ok', { n: fmt.number(time) })}
        </Chip>
      ) : (
        <Chip tone="bad">{t('hub.check_away')}</Chip>
      )}
      {token === null ? null : token ? (
        <Chip tone="good">{t('hub.check_token_ok')}</Chip>
      ) : (
        <Chip tone="bad">{t('hub.check_token_bad')}</Chip>
      )}
      {found.problem ? <Failure error={new ApiError(found.problem)} /> : null}
    </div>
  );
}

function NewEndpoint(props: {
  known: ReadonlySet<string>;
  busy: boolean;
  onAdd: (url: string) => void;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  const [text, setText] = React.useState('');
  const [wrong, setWrong] = React.useState<string | undefined>();
  const add = (event: React.FormEvent): void => {
    event.preventDefault();
    const url = endpointOf(text);
    if (url === null) {
      setWrong(t('hub.endpoint_bad', { http: 'http://', https: 'https://' }));
    } else if (props.known.has(url)) {
      setWrong(t('hub.endpoint_twice'));
    } else if (props.known.size >= ENDPOINTS_AT_MOST) {
      setWrong(t('hub.endpoint_full', { n: fmt.number(ENDPOINTS_AT_MOST) }));
    } else {
      setText('');
      setWrong(undefined);
      props.onAdd(url);
    }
  };
  return (
    <form className="pai-line-form" onSubmit={add} noValidate>
      <LtrField
        label={t('hub.endpoint_new')}
        value={text}
        onChange={value => {
          setText(value);
          setWrong(undefined);
        }}
        help={t('hub.endpoint_form', { example: 'https://huggingface.co' })}
        error={wrong}
      />
      <Button type="submit" icon="plus" busy={props.busy}>
        {t('hub.endpoint_add')}
      </Button>
    </form>
  );
}
