/**
 * One prompt to each of the compared models, one after the other; what they write comes word by word.
 */
import * as React from 'react';

import { useAnswers } from './useAnswers';
import { Button, Card, Chip, type Tone } from '../../components/basics';
import { DecimalField } from '../../components/DecimalField';
import { Field } from '../../components/Field';
import { SafeText } from '../../components/SafeText';
import { Failure } from '../../components/states';
import { ApiError } from '../../errors';
import { parseNumber } from '../../format';
import { useApp } from '../../hooks';
import { direction } from '../../i18n';
import type { Model } from '../../protocol';
import type { ModelAnswer } from '../../state/answers';
import { directionOf } from '../../text/direction';

const TONES: Record<ModelAnswer['state'], Tone> = {
  waiting: 'quiet',
  writing: 'accent',
  done: 'good',
  failed: 'bad',
  unasked: 'quiet'
};

/** See the module's comment. */
export function AnswersPanel({ models }: { models: readonly Model[] }): React.JSX.Element {
  const { t, lang } = useApp();
  const [prompt, setPrompt] = React.useState('');
  const [length, setLength] = React.useState('96');
  const [temperature, setTemperature] = React.useState('0');
  const answers = useAnswers();
  const tokens = Math.round(parseNumber(length));
  const heat = parseNumber(temperature);
  const good =
    prompt.trim() !== '' && tokens >= 1 && tokens <= 4096 && heat >= 0 && heat <= 2;
  const send = (): void => {
    void answers.ask({
      ids: models.map(model => model.id),
      prompt,
      max_new_tokens: tokens,
      temperature: heat
    });
  };
  return (
    <Card title={t('registry.answers')}>
      <div className="pai-pad pai-answers">
        <Field label={t('registry.answers_prompt')} help={t('registry.answers_help')}>
          {ids => (
            <textarea
              {...ids}
              className="pai-input"
              rows={2}
              maxLength={20_000}
              value={prompt}
              dir={directionOf(prompt, direction(lang))}
              onChange={event => setPrompt(event.currentTarget.value)}
              onKeyDown={event => {
                if (event.key === 'Enter' && (event.ctrlKey || event.metaKey) && good) {
                  event.preventDefault();
                  send();
                }
              }}
            />
          )}
        </Field>
        <div className="pai-answers-bar">
          <DecimalField
            label={t('registry.answers_length')}
            value={length}
            onChange={setLength}
          />
          <DecimalField
            label={t('registry.answers_temperature')}
            value={temperature}
            onChange={setTemperature}
          />
          {answers.busy ? (
            <Button icon="stop" onClick={answers.stop}>
              {t('versions.stop')}
            </Button>
          ) : (
            <Button kind="primary" icon="send" disabled={!good} onClick={send}>
              {t('registry.answers_ask')}
            </Button>
          )}
        </div>
        {answers.error ? (
          <Failure error={answers.error} onRetry={good ? send : undefined} />
        ) : null}
        {answers.answers ? (
          <div className="pai-answer-columns" aria-live="polite" aria-busy={answers.busy}>
            {models.map(model => (
              <Answer key={model.id} model={model} answer={answers.answers?.[model.id]} />
            ))}
          </div>
        ) : null}
      </div>
    </Card>
  );
}

function Answer(props: {
  model: Model;
  answer: ModelAnswer | undefined;
}): React.JSX.Element {
  const { t, fmt, lang } = useApp();
  const { model, answer } = props;
  return (
    <section className="pai-answer" aria-label={model.name}>
      <header>
        <SafeText text={model.name} className="pai-strong" />
        {answer ? (
          <Chip tone={TONES[answer.state]} live={answer.state === 'writing'}>
            {t(`registry.answer_${answer.state}`)}
          </Chip>
        ) : null}
      </header>
      <p className="pai-answer-text" dir={directionOf(answer?.text ?? '', direction(lang))}>
        <SafeText text={answer?.text ?? ''} />
      </p>
      {answer?.error ? <Failure error={new ApiError(answer.error)} /> : null}
      {answer && answer.tokens !== null ? (
        <small className="pai-quiet pai-num">
          {t('registry.answer_tokens', { n: fmt.number(answer.tokens) })}
          {answer.speed
            ? ` · ${t('panel.tokens_per_second', { n: fmt.number(answer.speed, 1) })}`
            : ''}
        </small>
      ) : null}
    </section>
  );
}
