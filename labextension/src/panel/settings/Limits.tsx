/**
 * How much is fetched at once: connections, downloads, bandwidth.
 */
import * as React from 'react';

import { Stepper } from './Rows';
import { Button, Card, Chip } from '../../components/basics';
import { LtrField } from '../../components/LtrField';
import { useApp, type Action } from '../../hooks';
import type { HubSettings, HubSettingsPatch } from '../../protocol';
import { bandwidthOf, MEGABYTE } from '../../state/hub';

const CONNECTIONS_AT_MOST = 64;
const DOWNLOADS_AT_MOST = 16;

/** See the module's comment. */
export function Limits(props: {
  settings: HubSettings;
  change: Action<[HubSettingsPatch]>;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  const { settings, change } = props;
  const names = (what: string) => ({
    fewer: t('hub.fewer', { what }),
    more: t('hub.more', { what })
  });
  return (
    <Card
      title={t('hub.limits')}
      className="pai-settings"
      action={
        settings.bandwidth > 0 ? (
          <Chip tone="accent">
            {t('hub.bandwidth_is', { bytes: fmt.bytes(settings.bandwidth) })}
          </Chip>
        ) : (
          <Chip tone="quiet">{t('hub.bandwidth_none')}</Chip>
        )
      }
    >
      <p className="pai-quiet pai-example-line">{t('hub.limits_help')}</p>
      <Stepper
        label={t('hub.connections')}
        help={t('hub.connections_help')}
        value={settings.connections}
        most={CONNECTIONS_AT_MOST}
        {...names(t('hub.connections'))}
        busy={change.busy}
        onChange={connections => void change.run({ connections })}
      />
      <Stepper
        label={t('hub.downloads')}
        help={t('hub.downloads_help')}
        value={settings.downloads}
        most={DOWNLOADS_AT_MOST}
        {...names(t('hub.downloads'))}
        busy={change.busy}
        onChange={downloads => void change.run({ downloads })}
      />
      <Bandwidth
        limit={settings.bandwidth}
        busy={change.busy}
        onChange={bandwidth => void change.run({ bandwidth })}
      />
    </Card>
  );
}

function Bandwidth(props: {
  limit: number;
  busy: boolean;
  onChange: (bytes: number) => void;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  const { limit } = props;
  const [text, setText] = React.useState(limit > 0 ? fmt.number(limit / MEGABYTE, 3) : '');
  const [tried, setTried] = React.useState(false);
  const bytes = bandwidthOf(text);
  return (
    <form
      className="pai-setting pai-line-form"
      noValidate
      onSubmit={event => {
        event.preventDefault();
        setTried(true);
        if (bytes !== null) {
          setTried(false);
          props.onChange(bytes);
        }
      }}
    >
      <LtrField
        label={t('hub.bandwidth')}
        value={text}
        onChange={setText}
        help={t('hub.bandwidth_help')}
        error={tried && bytes === null ? t('hub.bandwidth_bad') : undefined}
      />
      <div className="pai-acts">
        <Button type="submit" busy={props.busy}>
          {t('hub.bandwidth_set')}
        </Button>
        {limit > 0 ? (
          <Button
            kind="quiet"
            busy={props.busy}
            onClick={() => {
              setText('');
              setTried(false);
              props.onChange(0);
            }}
          >
            {t('hub.bandwidth_lift')}
          </Button>
        ) : null}
      </div>
    </form>
  );
}
