/**
 * How the next token is drawn: sliders with numbers, kept with the conversation.
 */
import * as React from 'react';

import { Button } from '../../components/basics';
import { Popover } from '../../components/Popover';
import { useApp } from '../../hooks';
import { parseNumber } from '../../format';
import type { Key } from '../../i18n';
import { direction } from '../../i18n';
import type { Sampling } from '../../protocol';
import { directionOf } from '../../text/direction';

/** The service's own defaults. */
export const SAMPLING: Required<Sampling> = {
  temperature: 0.8,
  top_p: 0.95,
  top_k: 50,
  repetition_penalty: 1.1,
  max_new_tokens: 256,
  seed: null
};

interface Dial {
  name: 'temperature' | 'top_p' | 'top_k' | 'repetition_penalty' | 'max_new_tokens';
  min: number;
  max: number;
  step: number;
}

const DIALS: readonly Dial[] = [
  { name: 'temperature', min: 0, max: 2, step: 0.05 },
  { name: 'top_p', min: 0.05, max: 1, step: 0.01 },
  { name: 'top_k', min: 0, max: 200, step: 1 },
  { name: 'repetition_penalty', min: 1, max: 2, step: 0.01 },
  { name: 'max_new_tokens', min: 16, max: 2048, step: 16 }
];

const SEED_AT_MOST = 2 ** 31 - 1;

/** Properties of {@link SamplingPanel}. */
export interface SamplingPanelProps {
  sampling: Sampling;
  system: string;
  disabled: boolean;
  onChange: (sampling: Required<Sampling>) => void;
  onSystem: (system: string) => void;
}

/** See the module's comment. */
export function SamplingPanel(props: SamplingPanelProps): React.JSX.Element {
  const { t } = useApp();
  return (
    <Popover
      label={t('chat.sampling')}
      icon="settings"
      edge="end"
      disabled={props.disabled}
      content={() => <Dials {...props} />}
    >
      <span className="pai-wide-only">{t('chat.sampling')}</span>
    </Popover>
  );
}

function Dials(props: SamplingPanelProps): React.JSX.Element {
  const { t, fmt, lang } = useApp();
  const now = { ...SAMPLING, ...props.sampling };
  const [seed, setSeed] = React.useState(now.seed === null ? '' : fmt.number(now.seed));
  const [system, setSystem] = React.useState(props.system);
  const base = React.useId();
  const typed = parseNumber(seed);
  const bad =
    seed.trim() !== '' && !(Number.isInteger(typed) && typed >= 0 && typed <= SEED_AT_MOST);
  const keepSeed = (): void => {
    const value = seed.trim() === '' ? null : typed;
    if (!bad && value !== now.seed) {
      props.onChange({ ...now, seed: value });
    }
  };
  return (
    <div className="pai-dials">
      <strong>{t('chat.sampling_title')}</strong>
      {DIALS.map(dial => (
        <label key={dial.name} title={t(`chat.${dial.name}_help` as Key)}>
          <span>{t(`chat.${dial.name}`)}</span>
          <output className="pai-num">{fmt.number(now[dial.name], 2)}</output>
          <input
            type="range"
            min={dial.min}
            max={dial.max}
            step={dial.step}
            value={now[dial.name]}
            aria-valuetext={fmt.number(now[dial.name], 2)}
            onChange={event =>
              props.onChange({ ...now, [dial.name]: Number(event.currentTarget.value) })
            }
          />
        </label>
      ))}
      <label className="pai-dial-seed" title={t('chat.seed_help')}>
        <span>{t('chat.seed')}</span>
        <input
          className="pai-input pai-num"
          inputMode="numeric"
          value={seed}
          placeholder={t('chat.seed_random')}
          aria-invalid={bad}
          onChange={event => setSeed(event.currentTarget.value)}
          onBlur={keepSeed}
          onKeyDown={event => event.key === 'Enter' && keepSeed()}
        />
      </label>
      <label className="pai-dial-system" htmlFor={base} title={t('chat.system_help')}>
        <span>{t('chat.system')}</span>
        <textarea
          id={base}
          className="pai-input"
          rows={3}
          maxLength={20_000}
          value={system}
          dir={directionOf(system, direction(lang))}
          onChange={event => setSystem(event.currentTarget.value)}
          onBlur={() => system !== props.system && props.onSystem(system)}
        />
      </label>
      <div className="pai-acts">
        <Button
          kind="quiet"
          onClick={() => {
            setSeed('');
            props.onChange(SAMPLING);
          }}
        >
          {t('chat.sampling_default')}
        </Button>
      </div>
    </div>
  );
}
