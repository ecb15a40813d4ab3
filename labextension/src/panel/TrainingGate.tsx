/*
 * The launch gate: what was checked before a run, the change that mends it by one press, the dial
 * "fit this machine", and one real step as a rehearsal.
 */
import * as React from 'react';

import { Button, Card, Ltr } from '../components/basics';
import { Icon } from '../components/Icon';
import { Failure } from '../components/states';
import { useAction, useApp } from '../hooks';
import { inLanguage } from '../i18n';
import type { Fit, GateCheck, Rehearsal, TrainingAsk } from '../protocol';

/** A patch of options, by path. */
export type Change = Record<string, unknown>;

function Check({
  check,
  onApply
}: {
  check: GateCheck;
  onApply: (change: Change) => void;
}): React.JSX.Element {
  const { t, lang } = useApp();
  const { ok, change } = check;
  const word =
    ok === true ? 'gate.check_ok' : ok === false ? 'gate.check_bad' : 'gate.check_unsure';
  const look = ok === true ? 'pai-ok' : ok === false ? 'pai-no' : 'pai-unsure';
  return (
    <li className={look}>
      <Icon name={ok === true ? 'check' : ok === false ? 'close' : 'warning'} />
      <div>
        <span className="pai-strong">{inLanguage(lang, check.title)}</span>
        <span className="pai-sr"> {t(word)}</span>
        <p>{inLanguage(lang, check.cause)}</p>
        {check.mend ? <p className="pai-strong">{inLanguage(lang, check.mend)}</p> : null}
        {change ? (
          <Button icon="check" onClick={() => onApply(change)}>
            {t('gate.apply')}
          </Button>
        ) : null}
      </div>
    </li>
  );
}

function Chosen({ fit }: { fit: Fit }): React.JSX.Element {
  const { t, lang } = useApp();
  return (
    <Card title={t('gate.fit_chosen')}>
      <div className="pai-pad pai-stack" role="status">
        {Object.keys(fit.change).length ? null : (
          <p className="pai-quiet">{t('gate.fit_none')}</p>
        )}
        <ul className="pai-chosen">
          {fit.chosen.map(choice => (
            <li key={choice.option}>
              <Ltr>{`${choice.option} = ${String(choice.value)}`}</Ltr>
              <p>{inLanguage(lang, choice.why)}</p>
            </li>
          ))}
        </ul>
      </div>
    </Card>
  );
}

/** What a rehearsal took, in one line. */
function useTook(told: Rehearsal): string {
  const { t, fmt } = useApp();
  if (told.check.ok !== true) {
    return '';
  }
  const step = told.seconds_per_step;
  const time = step < 60 ? t('gate.seconds', { n: fmt.number(step, 2) }) : fmt.span(step);
  return [
    t('gate.tried_memory', { memory: fmt.bytes(told.memory_bytes) }),
    t('gate.tried_speed', { time }),
    t('gate.tried_all', { steps: fmt.number(told.steps), time: fmt.span(told.seconds) })
  ].join(' · ');
}

function Tried({
  told,
  onApply
}: {
  told: Rehearsal;
  onApply: (change: Change) => void;
}): React.JSX.Element {
  const took = useTook(told);
  return (
    <>
      <Check check={told.check} onApply={onApply} />
      {took ? (
        <li>
          <span />
          <p className="pai-strong">{took}</p>
        </li>
      ) : null}
    </>
  );
}

/** The gate of a request; `onApply` puts a change into the form. */
export function TrainingGate({
  ask,
  checks,
  onApply,
  onTried
}: {
  ask: TrainingAsk | null;
  checks: GateCheck[];
  onApply: (change: Change) => void;
  /** After a rehearsal: the estimate knows more now. */
  onTried: () => void;
}): React.JSX.Element {
  const { core, t } = useApp();
  const key = ask ? JSON.stringify({ ...ask, name: '' }) : '';
  const [chosen, setChosen] = React.useState<Fit | null>(null);
  const [tried, setTried] = React.useState<{ key: string; told: Rehearsal } | null>(null);
  const fit = useAction(async (wanted: TrainingAsk) => {
    const found = await core.api.training.fit(wanted);
    setChosen(found);
    onApply(found.change);
  });
  const rehearse = useAction(async (wanted: TrainingAsk, of: string) => {
    setTried({ key: of, told: await core.api.training.rehearse(wanted) });
    onTried();
  });
  // Of other data or another model, the dial's words would be untrue.
  const subject = ask ? `${ask.recipe} ${ask.dataset_id} ${ask.model_id ?? ''}` : '';
  React.useEffect(() => setChosen(null), [subject]);
  const told = tried !== null && tried.key === key ? tried.told : null;
  return (
    <>
      <div className="pai-gate-acts">
        <Button
          icon="monitor"
          title={t('gate.fit_help')}
          busy={fit.busy}
          disabled={!ask}
          onClick={() => ask && void fit.run(ask)}
        >
          {fit.busy ? t('gate.fitting') : t('gate.fit')}
        </Button>
        <Button
          icon="play"
          title={t('gate.try_help')}
          busy={rehearse.busy}
          disabled={!ask}
          onClick={() => ask && void rehearse.run(ask, key)}
        >
          {rehearse.busy ? t('gate.trying') : t('gate.try')}
        </Button>
      </div>
      {fit.error ? <Failure error={fit.error} onClose={fit.clear} /> : null}
      {rehearse.error ? <Failure error={rehearse.error} onClose={rehearse.clear} /> : null}
      {chosen ? <Chosen fit={chosen} /> : null}
      {checks.length || told ? (
        <Card title={t('gate.checks')}>
          <ul className="pai-checks" aria-live="polite">
            {checks.map(check => (
              <Check key={check.code} check={check} onApply={onApply} />
            ))}
            {told ? <Tried told={told} onApply={onApply} /> : null}
          </ul>
        </Card>
      ) : null}
    </>
  );
}
