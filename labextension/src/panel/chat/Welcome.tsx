/**
 * An empty conversation: who answers, what it honestly is, and beginnings taken from the very data
 * that the model learnt from.
 */
import * as React from 'react';

import { opening } from '../datasets/shapes';
import { SafeText } from '../../components/SafeText';
import { useApp, useRequest } from '../../hooks';
import type { Core } from '../../core';
import type { Model } from '../../protocol';

/** Below this many parameters a model is a demonstration. */
const SMALL = 100_000_000;

const EXAMPLES = 3;
const WORDS = 5;

/** Whether nobody should expect right answers of a model. */
export function isSmall(model: Model): boolean {
  return (model.parameters ?? 0) > 0 && (model.parameters ?? 0) < SMALL;
}

/** A number among a model's figures. */
export function figure(model: Model, name: string): number | null {
  const value = model.figures?.[name];
  return typeof value === 'number' ? value : null;
}

/** What a small model is, from its own figures; null for others. */
function useHonestLine(model: Model | undefined): string | null {
  const { t, fmt } = useApp();
  if (!model || !isSmall(model)) {
    return null;
  }
  const parameters = fmt.short(model.parameters ?? 0);
  const tokens = figure(model, 'tokens');
  const perplexity = figure(model, 'eval_perplexity');
  const line =
    tokens === null
      ? t('chat.demo_line_short', { parameters })
      : t('chat.demo_line', { parameters, tokens: fmt.short(tokens) });
  return perplexity === null
    ? line
    : `${line} ${t('chat.demo_perplexity', { value: fmt.number(perplexity, 1) })}`;
}

/** Beginnings of rows that the model learnt from; none when they cannot be had. */
async function beginnings(core: Core, model: Model): Promise<string[]> {
  if (!model.job_id) {
    return [];
  }
  try {
    const job = await core.api.training.get(model.job_id);
    const dataset = job.inputs?.['dataset_id'];
    if (typeof dataset !== 'string') {
      return [];
    }
    const { rows } = await core.api.datasets.preview(dataset, { offset: 0, limit: 60 });
    return [...Array(EXAMPLES).keys()]
      .map(n => rows[Math.floor((n * rows.length) / EXAMPLES)])
      .map(row => (row ? opening(row) : ''))
      .map(text => text.split('\n', 1)[0] ?? '')
      .map(line => line.split(/\s+/).slice(0, WORDS).join(' '))
      .filter((text, at, all) => text !== '' && all.indexOf(text) === at);
  } catch {
    // The job or its data may have been deleted since: then there is nothing to offer.
    return [];
  }
}

/** Properties of {@link Welcome}. */
export interface WelcomeProps {
  model: Model;
  onTry: (text: string) => void;
}

/** See the module's comment. */
export function Welcome({ model, onTry }: WelcomeProps): React.JSX.Element {
  const { core, t } = useApp();
  const honest = useHonestLine(model);
  const examples = useRequest(() => beginnings(core, model), [model.id]);
  return (
    <div className="pai-welcome">
      <h2>{t('chat.welcome', { name: model.name })}</h2>
      <p className="pai-quiet">{t('chat.welcome_help')}</p>
      {honest === null ? null : <p className="pai-honest">{honest}</p>}
      {examples.data !== undefined && examples.data.length > 0 ? (
        <>
          <small className="pai-quiet">{t('chat.try_these')}</small>
          <div className="pai-examples">
            {examples.data.map(text => (
              <button
                key={text}
                type="button"
                className="pai-example"
                onClick={() => onTry(text)}
              >
                <SafeText text={text} />
              </button>
            ))}
          </div>
        </>
      ) : null}
    </div>
  );
}
