/*
 * What a run will need, before it starts; asked anew a moment after the form changed.
 */
import * as React from 'react';

import { Card, Chip } from '../components/basics';
import { Skeleton } from '../components/states';
import { toApiError, type ApiError } from '../errors';
import { useApp } from '../hooks';
import { inLanguage } from '../i18n';
import type { Estimate, TrainingAsk } from '../protocol';

const PAUSE_MS = 350;

export interface Estimated {
  data: Estimate | null;
  error: ApiError | null;
  busy: boolean;
}

/** The estimate of a request; the last one stays while the next is asked. */
export function useEstimate(ask: TrainingAsk | null): Estimated {
  const { core } = useApp();
  const [answer, setAnswer] = React.useState<Estimated>({
    data: null,
    error: null,
    busy: false
  });
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
  }, [core, key]);
  return answer;
}

export function EstimateLine({
  estimate,
  asked
}: {
  estimate: Estimated;
  asked: boolean;
}): React.JSX.Element {
  const { t, fmt, lang } = useApp();
  const { data, busy } = estimate;
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
        {asked && busy && !data ? <Skeleton lines={4} /> : null}
        {data ? (
          <>
            {data.seconds !== null ? (
              <b className="pai-value">
                {t('training.est_time', { time: fmt.span(data.seconds) })}
              </b>
            ) : null}
            <ul className="pai-needs">
              <li>{t('training.est_steps', { n: fmt.number(data.steps) })}</li>
              <li>{t('training.est_tokens', { n: fmt.short(data.tokens) })}</li>
              <li>{t('training.est_parameters', { n: fmt.short(data.parameters) })}</li>
              {data.trainable_parameters < data.parameters ? (
                <li>
                  {t('training.est_trainable', { n: fmt.short(data.trainable_parameters) })}
                </li>
              ) : null}
              <li>
                {t('training.est_memory', {
                  needed: fmt.bytes(data.memory_bytes),
                  available: fmt.bytes(data.memory_available)
                })}
              </li>
              <li>{t('training.est_disk', { needed: fmt.bytes(data.disk_bytes) })}</li>
            </ul>
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
