/**
 * Sends a model to the Hub. Nothing is sent before its plan was shown whole: where to, as whom, every
 * file, and the card. A change of any of it makes another plan.
 */
import * as React from 'react';

import { PushPlanView } from './PushPlanView';
import { useVersionNumbers } from './useVersionNumbers';
import { VersionField } from './VersionField';
import { Button } from '../../components/basics';
import { Dialog } from '../../components/Dialog';
import { Field } from '../../components/Field';
import { LtrField } from '../../components/LtrField';
import { Failure } from '../../components/states';
import type { ApiError } from '../../errors';
import { useAction, useApp } from '../../hooks';
import { direction } from '../../i18n';
import type { Model, PushAsk, PushPlan } from '../../protocol';
import { directionOf } from '../../text/direction';

/** As the service has it: an owner, a slash, a name. */
const REPO = /^([A-Za-z0-9][A-Za-z0-9._-]{0,94}\/)?[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/;

/** See the module's comment. */
export function PushDialog(props: {
  model: Model;
  onClose: () => void;
}): React.JSX.Element {
  const { core, t, fmt, lang, go } = useApp();
  const { model } = props;
  const [repo, setRepo] = React.useState('');
  const [version, setVersion] = React.useState<number | null>(null);
  const [open, setOpen] = React.useState(false);
  const [license, setLicense] = React.useState(model.license);
  const [message, setMessage] = React.useState('');
  const [card, setCard] = React.useState<string | null>(null);
  const [plan, setPlan] = React.useState<PushPlan | null>(null);
  const numbers = useVersionNumbers(model);
  const ask: PushAsk = {
    repo_id: repo.trim(),
    version,
    private: !open,
    license: license.trim(),
    card,
    message: message.trim()
  };
  const look = useAction(async () => {
    setPlan(await core.api.models.planPush(model.id, ask));
  });
  const push = useAction(async (digest: string) => {
    const job = await core.api.models.push(model.id, { ...ask, plan: digest });
    go({ page: 'models', view: 'jobs', query: { job: job.id } });
  });
  const good = REPO.test(repo.trim());
  const edited = plan !== null && card !== null && card !== plan.card;
  if (plan) {
    return (
      <Dialog
        title={t('making.plan_title')}
        onClose={props.onClose}
        wide
        actions={
          <>
            <Button onClick={props.onClose}>{t('panel.cancel')}</Button>
            <Button
              icon="back"
              onClick={() => {
                setPlan(null);
                push.clear();
              }}
            >
              {t('making.plan_change')}
            </Button>
            {edited ? (
              <Button kind="primary" busy={look.busy} onClick={() => void look.run()}>
                {t('making.plan_again')}
              </Button>
            ) : (
              <Button
                kind="primary"
                icon="upload"
                busy={push.busy}
                onClick={() => void push.run(plan.digest)}
              >
                {t('making.push_go', {
                  size: fmt.bytes(plan.bytes),
                  repo: plan.repo_id
                })}
              </Button>
            )}
          </>
        }
      >
        <PushPlanView plan={plan} card={card ?? plan.card} onCard={setCard} />
        <PushFailure error={look.error ?? push.error} />
      </Dialog>
    );
  }
  return (
    <Dialog
      title={t('making.push_title', { name: model.name })}
      onClose={props.onClose}
      wide
      actions={
        <>
          <Button onClick={props.onClose}>{t('panel.cancel')}</Button>
          <Button
            kind="primary"
            busy={look.busy}
            disabled={!good}
            onClick={() => void look.run()}
          >
            {t('making.plan_show')}
          </Button>
        </>
      }
    >
      <p className="pai-quiet">{t('making.push_help')}</p>
      <LtrField
        label={t('making.push_repo')}
        help={t('making.push_repo_help')}
        error={repo.trim() !== '' && !good ? t('making.push_repo_wrong') : undefined}
        value={repo}
        onChange={setRepo}
        onEnter={() => good && void look.run()}
      />
      <div className="pai-two">
        <VersionField
          model={model}
          numbers={numbers}
          value={version}
          onChange={setVersion}
        />
        <LtrField
          label={t('making.push_license')}
          help={t('making.push_license_help')}
          value={license}
          onChange={setLicense}
        />
      </div>
      <Field label={t('making.push_message')}>
        {ids => (
          <input
            {...ids}
            className="pai-input"
            maxLength={500}
            value={message}
            dir={directionOf(message, direction(lang))}
            onChange={event => setMessage(event.currentTarget.value)}
          />
        )}
      </Field>
      <label className="pai-check">
        <input
          type="checkbox"
          checked={open}
          onChange={event => setOpen(event.currentTarget.checked)}
        />
        <span>
          {t('making.push_public')}
          <small className="pai-quiet pai-block">{t('making.push_public_help')}</small>
        </span>
      </label>
      <PushFailure error={look.error} />
    </Dialog>
  );
}

/** Codes of failures that the settings of the Hub can mend. */
const OF_SETTINGS = ['token_', 'hub_'];

/** Why nothing was sent; where the way to the Hub is at fault, the way to its settings. */
function PushFailure({ error }: { error: ApiError | null }): React.JSX.Element | null {
  const { t, go } = useApp();
  if (!error) {
    return null;
  }
  return (
    <>
      <Failure error={error} />
      {OF_SETTINGS.some(begin => error.body.code.startsWith(begin)) ? (
        <div className="pai-acts">
          <Button icon="settings" onClick={() => go({ page: 'settings' })}>
            {t('making.push_settings')}
          </Button>
        </div>
      ) : null}
    </>
  );
}
