/**
 * Sends a model to the Hub. Nothing is sent before its plan was shown whole: where to, as whom, every
 * file, and the card. A change of any of it makes another plan.
 */
import * as React from 'react';

import { PushPlanView } from './PushPlanView';
import { useVersionNumbers } from './useVersionNumbers';
import { VersionField } from './VersionField';
import { AskDialog } from '../../components/AskDialog';
import { Button } from '../../components/basics';
import { CheckField } from '../../components/CheckField';
import { LtrField } from '../../components/LtrField';
import { TextField } from '../../components/TextField';
import type { ApiError } from '../../errors';
import { useAction, useApp } from '../../hooks';
import type { Model, PushAsk, PushPlan } from '../../protocol';

/** As the service has it: an owner, a slash, a name. */
const REPO = /^([A-Za-z0-9][A-Za-z0-9._-]{0,94}\/)?[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/;

/** See the module's comment. */
export function PushDialog(props: {
  model: Model;
  onClose: () => void;
}): React.JSX.Element {
  const { core, t, fmt, go } = useApp();
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
  const mend = (error: ApiError): React.JSX.Element => <ToSettings error={error} />;
  const edited = plan !== null && card !== null && card !== plan.card;
  if (plan) {
    return (
      <AskDialog
        title={t('making.plan_title')}
        action={
          edited
            ? t('making.plan_again')
            : t('making.push_go', { size: fmt.bytes(plan.bytes), repo: plan.repo_id })
        }
        {...(edited ? {} : { icon: 'upload' as const })}
        wide
        deed={{
          busy: edited ? look.busy : push.busy,
          error: look.error ?? push.error,
          clear: () => {
            look.clear();
            push.clear();
          }
        }}
        onDo={() => void (edited ? look.run() : push.run(plan.digest))}
        onClose={props.onClose}
        mend={mend}
        besides={
          <Button
            icon="back"
            onClick={() => {
              setPlan(null);
              push.clear();
            }}
          >
            {t('making.plan_change')}
          </Button>
        }
      >
        <PushPlanView plan={plan} card={card ?? plan.card} onCard={setCard} />
      </AskDialog>
    );
  }
  return (
    <AskDialog
      title={t('making.push_title', { name: model.name })}
      action={t('making.plan_show')}
      wide
      deed={look}
      ready={good}
      onDo={() => void look.run()}
      onClose={props.onClose}
      mend={mend}
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
      <TextField
        label={t('making.push_message')}
        maxLength={500}
        value={message}
        onChange={setMessage}
      />
      <CheckField
        label={t('making.push_public')}
        help={t('making.push_public_help')}
        checked={open}
        onChange={setOpen}
      />
    </AskDialog>
  );
}

/** Codes of failures that the settings of the Hub can mend. */
const OF_SETTINGS = ['token_', 'hub_'];

/** Where the way to the Hub is at fault, the way to its settings. */
function ToSettings({ error }: { error: ApiError }): React.JSX.Element | null {
  const { t, go } = useApp();
  return OF_SETTINGS.some(begin => error.body.code.startsWith(begin)) ? (
    <div className="pai-acts">
      <Button icon="settings" onClick={() => go({ page: 'settings' })}>
        {t('making.push_settings')}
      </Button>
    </div>
  ) : null;
}
