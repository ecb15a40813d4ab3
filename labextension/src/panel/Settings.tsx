/**
 * The settings page. Every change is sent and in force at once; nothing has to be saved.
 */
import * as React from 'react';

import { HubSection } from './settings/HubSection';
import { Choice, Stepper, Switch } from './settings/Rows';
import { Card, Ltr } from '../components/basics';
import { Facts } from '../components/Facts';
import { Page } from '../components/Page';
import { Failure, Skeleton } from '../components/states';
import { useAction, useApp, useRequest } from '../hooks';
import type { UserSettings } from '../protocol';

const JOBS_AT_MOST = 64;

/** See the module's comment. */
export function Settings(): React.JSX.Element {
  const { core, t, fmt, lang, settings } = useApp();
  const [saved, setSaved] = React.useState(false);
  const choose = useAction(async (change: Partial<UserSettings>) => {
    setSaved(false);
    await core.choose(change);
    setSaved(true);
  });
  const health = useRequest(() => core.api.service.health(), []);
  const me = useRequest(() => core.api.service.me(), []);
  const docs = core.transport.url('docs');
  return (
    <Page
      title={t('settings.title')}
      sentence={t('settings.sentence')}
      state={
        <small className="pai-quiet" role="status">
          {choose.busy ? t('settings.saving') : saved ? t('settings.saved') : ''}
        </small>
      }
    >
      {choose.error ? <Failure error={choose.error} onClose={choose.clear} /> : null}
      <Card title={t('settings.appearance')} className="pai-settings">
        <Choice
          label={t('settings.language')}
          help={t('settings.language_help')}
          value={settings.language}
          options={[
            { value: 'fa', label: <bdi lang="fa">{t('settings.language_fa')}</bdi> },
            { value: 'en', label: <bdi lang="en">{t('settings.language_en')}</bdi> }
          ]}
          onChange={language => void choose.run({ language })}
        />
        <Choice
          label={t('settings.digits')}
          help={lang === 'en' ? t('settings.digits_english') : t('settings.digits_help')}
          value={lang === 'en' ? 'latin' : settings.digits}
          disabled={lang === 'en'}
          options={[
            { value: 'persian', label: t('settings.digits_persian') },
            { value: 'latin', label: t('settings.digits_latin') }
          ]}
          onChange={digits => void choose.run({ digits })}
        />
        <p className="pai-quiet pai-example-line">
          {t('settings.example', {
            text: `${fmt.number(12345.6, 1)} · ${fmt.percent(0.64)} · ${fmt.date(new Date().toISOString())}`
          })}
        </p>
      </Card>
      <Card title={t('settings.work')} className="pai-settings">
        <Switch
          label={t('settings.notify')}
          help={t('settings.notify_help')}
          on={settings.notify_on_end}
          onChange={notify_on_end => void choose.run({ notify_on_end })}
        />
        <Stepper
          label={t('settings.concurrent')}
          help={t('settings.concurrent_help')}
          value={settings.concurrent_jobs}
          most={JOBS_AT_MOST}
          fewer={t('settings.fewer')}
          more={t('settings.more')}
          busy={choose.busy}
          onChange={concurrent_jobs => void choose.run({ concurrent_jobs })}
        />
      </Card>
      <HubSection />
      <Card title={t('settings.about')}>
        {health.error ? <Failure error={health.error} onRetry={health.reload} /> : null}
        {health.data || me.data ? (
          <Facts
            facts={[
              [
                t('settings.version'),
                health.data ? <Ltr>{health.data.version}</Ltr> : null
              ],
              [
                t('settings.user'),
                me.data ? me.data.display_name || <Ltr>{me.data.name}</Ltr> : null
              ],
              [
                t('settings.docs'),
                docs === null ? null : (
                  <a href={docs} target="_blank" rel="noopener noreferrer">
                    {t('settings.docs_open')}
                  </a>
                )
              ]
            ]}
          />
        ) : health.error ? null : (
          <Skeleton lines={2} />
        )}
      </Card>
    </Page>
  );
}
