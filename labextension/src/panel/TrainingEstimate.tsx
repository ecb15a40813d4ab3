/*
 * What a run will need, before it starts; asked anew a moment after the form changed.
 */
import * as React from 'react';

import { Bar, Card, Chip } from '../components/basics';
import { Skeleton } from '../components/states';
import { toApiError, type ApiError } from '../errors';
import { useApp } from '../hooks';
import { inLanguage, type Key } from '../i18n';
import type { Certainty, Estimate, TrainingAsk } from '../protocol';

const PAUSE_MS = 350;

export interface Estimated {
  data: Estimate | null;
  error: ApiError | null;
  busy: boolean;
}

/** An estimate, and a way to ask for it again. */
export interface Asked extends Estimated {
  reload: () => void;
}

/** The estimate of a request; the last one stays while the next is asked. */
export function useEstimate(ask: TrainingAsk | null): Asked {
  const { core } = useApp();
  const [answer, setAnswer] = React.useState<Estimated>({
    data: null,
    error: null,
    busy: false
  });
  const [again, setAgain] = React.useState(0);
  // The name changes nothing.
  const key = ask ? JSON.stringify({ ...ask, name: '' }) : '';
  React.useEffect(() => {
    if (!key) {
      setAnswer({ data: null, error: null, busy: false });
      return undefined;
    }
    let current = true;
    setAnswer(old => ({ ...old, busy: true }));
    const timer = setTimeout(() => {
      core.api.training.estimate(JSON.parse(key) as TrainingAsk).then(
        data => current && setAnswer({ data, error: null, busy: false }),
        (reason: unknown) =>
          current && setAnswer({ data: null, error: toApiError(reason), busy: false })
      );
    }, PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [core, key, again]);
  const reload = React.useCallback(() => setAgain(count => count + 1), []);
  return { ...answer, reload };
}

/** How sure a figure is: a word and a share, explained in its tooltip. */
function Sure({
  certainty
}: {
  certainty: Certainty | undefined;
}): React.JSX.Element | null {
  const { t, fmt } = useApp();
  if (!certainty) {
    return null;
  }
  const how = t(`gate.${certainty.how}`);
  return (
    <small
      className={certainty.how === 'guessed' ? 'pai-guessed' : ''}
      title={t('gate.certainty_help')}
    >
      {certainty.share > 0
        ? t('gate.within', { how, share: fmt.percent(certainty.share) })
        : how}
    </small>
  );
}

function Figure({
  name,
  certainty,
  children,
  below
}: {
  name: string;
  certainty: Certainty | undefined;
  children: React.ReactNode;
  below?: React.ReactNode;
}): React.JSX.Element {
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <b>{children}</b>
        <Sure certainty={certainty} />
        {below}
      </dd>
    </>
  );
}

/** What makes up the peak, the largest first. */
function Parts({ parts }: { parts: Record<string, number> }): React.JSX.Element | null {
  const { t, fmt } = useApp();
  const sorted = Object.entries(parts).sort(([, one], [, other]) => other - one);
  if (!sorted.length) {
    return null;
  }
  return (
    <details className="pai-makeup">
      <summary>{t('gate.parts')}</summary>
      <ul>
        {sorted.map(([name, size]) => (
          <li key={name}>
            <span>{t(`gate.part_${name}` as Key)}</span>
            <span>{fmt.bytes(size)}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** What the run will need, each figure with how sure it is. */
export function EstimateLine({
  estimate,
  asked
}: {
  estimate: Estimated;
  asked: boolean;
}): React.JSX.Element {
  const { t, fmt, lang } = useApp();
  const { data, busy } = estimate;
  const sure = data?.certainty ?? {};
  const full = data !== null && data.memory_bytes > data.memory_available;
  return (
    <Card
      title={t('training.estimate')}
      action={
        data ? (
          <Chip tone={data.fits ? 'good' : 'bad'}>
            {data.fits ? t('training.est_fits') : t('training.est_not')}
          </Chip>
        ) : null
      }
    >
      <div className="pai-pad pai-stack" aria-live="polite" aria-busy={busy}>
        {!asked ? <p className="pai-quiet">{t('training.estimate_none')}</p> : null}
        {asked && busy && !data ? <Skeleton lines={6} /> : null}
        {data ? (
          <>
            <dl className="pai-figures">
              {data.seconds !== null ? (
                <Figure name={t('gate.time')} certainty={sure['seconds']}>
                  {t('gate.about', { value: fmt.span(data.seconds) })}
                </Figure>
              ) : null}
              <Figure
                name={t('gate.memory')}
                certainty={sure['memory_bytes']}
                below={
                  <Bar
                    share={Math.min(
                      1,
                      data.memory_bytes / Math.max(1, data.memory_available)
                    )}
                    label={t('gate.memory_bar')}
                    tone={full ? 'bad' : 'good'}
                    thick
                  />
                }
              >
                {t('gate.memory_of', {
                  needed: fmt.bytes(data.memory_bytes),
                  free: fmt.bytes(data.memory_available)
                })}
              </Figure>
              <Figure name={t('gate.parameters')} certainty={sure['parameters']}>
                {fmt.short(data.parameters)}
              </Figure>
              {data.trainable_parameters < data.parameters ? (
                <Figure name={t('gate.trainable')} certainty={sure['trainable_parameters']}>
                  {fmt.short(data.trainable_parameters)}
                </Figure>
              ) : null}
              <Figure name={t('gate.tokens')} certainty={sure['tokens']}>
                {fmt.short(data.tokens)}
              </Figure>
              <Figure name={t('gate.steps')} certainty={sure['steps']}>
                {fmt.number(data.steps)}
              </Figure>
              <Figure name={t('gate.disk')} certainty={sure['disk_bytes']}>
                {fmt.bytes(data.disk_bytes)}
              </Figure>
            </dl>
            <Parts parts={data.memory_parts} />
            {data.notes.map(note => (
              <p key={note.en} className="pai-note">
                {inLanguage(lang, note)}
              </p>
            ))}
          </>
        ) : null}
      </div>
    </Card>
  );
}
