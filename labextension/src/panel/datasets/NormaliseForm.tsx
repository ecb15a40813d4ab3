/**
 * The switches of the normaliser, each with what it does to an example, and a text on which one sees
 * every change at once and which switch made it.
 */
import * as React from 'react';

import { ChangedText } from './MarkedText';
import { textsOf } from './shapes';
import { useNormalisers } from './useNormalisers';
import { Chip } from '../../components/basics';
import { Field } from '../../components/Field';
import { SafeText } from '../../components/SafeText';
import { Failure, Skeleton } from '../../components/states';
import { useApp, useRequest } from '../../hooks';
import { direction, inLanguage, isKey } from '../../i18n';
import type {
  DatasetVersion,
  Normalised,
  NormaliserRecipe,
  Normalisers,
  NormaliserStep
} from '../../protocol';
import type { Step, StepOf } from '../../state/steps';
import { directionOf } from '../../text/direction';

/** The text is normalised after this much rest, in milliseconds. */
const REST_MS = 250;
const TEXT_AT_MOST = 4_000;

/** See the module's comment. */
export function NormaliseForm(props: {
  step: StepOf<'normalise'>;
  dataset: string;
  base: DatasetVersion;
  onChange: (step: Step) => void;
}): React.JSX.Element {
  const { step, onChange } = props;
  const known = useNormalisers();
  if (!known) {
    return <Skeleton lines={6} />;
  }
  const recipe = { ...known.default, ...step.recipe };
  const change = (changed: Partial<NormaliserRecipe>): void =>
    onChange({ ...step, recipe: { ...recipe, ...changed } });
  return (
    <div className="pai-stack">
      {known.backends.length > 1 ? (
        <Backend known={known} recipe={recipe} onChange={change} />
      ) : null}
      {recipe.backend === 'own' ? (
        <ul className="pai-switches">
          {known.steps.map(one => (
            <Switch key={one.id} step={one} recipe={recipe} onChange={change} />
          ))}
        </ul>
      ) : null}
      <Trace recipe={recipe} known={known} dataset={props.dataset} base={props.base} />
    </div>
  );
}

function Backend(props: {
  known: Normalisers;
  recipe: NormaliserRecipe;
  onChange: (changed: Partial<NormaliserRecipe>) => void;
}): React.JSX.Element {
  const { t, lang } = useApp();
  return (
    <Field label={t('versions.backend')}>
      {ids => (
        <select
          {...ids}
          className="pai-input"
          value={props.recipe.backend ?? 'own'}
          onChange={event => {
            const chosen = props.known.backends.find(
              one => one.id === event.currentTarget.value
            );
            props.onChange({
              backend: (chosen?.id ?? 'own') as NonNullable<NormaliserRecipe['backend']>,
              backend_version: chosen?.id === 'own' ? '' : (chosen?.version ?? '')
            });
          }}
        >
          {props.known.backends.map(one => (
            <option key={one.id} value={one.id} disabled={!one.installed}>
              {inLanguage(lang, one.title)}
              {one.installed
                ? one.version
                  ? ` ${one.version}`
                  : ''
                : ` (${t('versions.backend_missing')})`}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

function Switch(props: {
  step: NormaliserStep;
  recipe: NormaliserRecipe;
  onChange: (changed: Partial<NormaliserRecipe>) => void;
}): React.JSX.Element {
  const { t, lang } = useApp();
  const id = React.useId();
  const { step, recipe, onChange } = props;
  const value = (recipe as Record<string, unknown>)[step.id];
  const choiceName = (choice: string): string => {
    const key = `versions.choice_${choice}`;
    return isKey(key) ? t(key) : choice;
  };
  return (
    <li className="pai-recipe-switch">
      {step.choices.length > 0 ? (
        <select
          id={id}
          className="pai-input"
          value={String(value)}
          onChange={event => onChange({ [step.id]: event.currentTarget.value })}
        >
          {step.choices.map(choice => (
            <option key={choice} value={choice}>
              {choiceName(choice)}
            </option>
          ))}
        </select>
      ) : (
        <input
          id={id}
          type="checkbox"
          className="pai-switch"
          role="switch"
          checked={value === true}
          onChange={event => onChange({ [step.id]: event.currentTarget.checked })}
        />
      )}
      <span className="pai-switch-words">
        <label htmlFor={id} title={inLanguage(lang, step.help)}>
          {inLanguage(lang, step.title)}
        </label>
        <small className="pai-quiet">{inLanguage(lang, step.help)}</small>
      </span>
      <span className="pai-switch-example">
        <ChangedText
          before={step.example_before}
          after={step.example_after}
          side="before"
        />
        <span aria-hidden="true">{direction(lang) === 'rtl' ? '←' : '→'}</span>
        <ChangedText before={step.example_before} after={step.example_after} side="after" />
      </span>
    </li>
  );
}

function Trace(props: {
  recipe: NormaliserRecipe;
  known: Normalisers;
  dataset: string;
  base: DatasetVersion;
}): React.JSX.Element {
  const { core, t, fmt, lang } = useApp();
  const { recipe, known, dataset, base } = props;
  const [typed, setTyped] = React.useState<string | null>(null);
  const first = useRequest(
    () => core.api.datasets.preview(dataset, { offset: 0, limit: 1, version: base.number }),
    [dataset, base.number]
  );
  const row = first.data?.rows[0];
  const text = (typed ?? (row ? textsOf(row).join('\n') : '')).slice(0, TEXT_AT_MOST);
  const rested = useRested(JSON.stringify([text, recipe]), REST_MS);
  const made = useRequest<Normalised | null>(() => {
    const [wanted, by] = JSON.parse(rested) as [string, NormaliserRecipe];
    return wanted === ''
      ? Promise.resolve(null)
      : core.api.persian.normalise({ text: wanted, recipe: by });
  }, [rested]);
  const title = (id: string): string => {
    const step = known.steps.find(one => one.id === id);
    return step ? inLanguage(lang, step.title) : id;
  };
  return (
    <div className="pai-trace">
      <Field label={t('versions.try_text')} help={t('versions.try_help')}>
        {ids => (
          <textarea
            {...ids}
            className="pai-input"
            rows={3}
            maxLength={TEXT_AT_MOST}
            dir={directionOf(text, direction(lang))}
            value={text}
            onChange={event => setTyped(event.currentTarget.value)}
          />
        )}
      </Field>
      {made.error ? <Failure error={made.error} /> : null}
      {made.data && text !== '' ? (
        <div className="pai-trace-result" aria-live="polite">
          <strong>{t('versions.try_result')}</strong>
          {made.data.text === text ? (
            <p className="pai-quiet">{t('versions.try_same')}</p>
          ) : (
            <p className="pai-changed-side">
              <ChangedText before={text} after={made.data.text} side="both" />
            </p>
          )}
          <div className="pai-flow">
            {Object.entries(made.data.counts)
              .filter(([, count]) => count > 0)
              .map(([id, count]) => (
                <Chip key={id} tone="accent">
                  {title(id)} <span className="pai-num">{fmt.number(count)}</span>
                </Chip>
              ))}
          </div>
          {made.data.changes.length > 0 ? (
            <ul
              className="pai-trace-changes"
              tabIndex={0}
              aria-label={t('versions.try_result')}
            >
              {made.data.changes.slice(0, 60).map((one, place) => (
                <li key={place}>
                  <small className="pai-quiet">{title(one.step)}</small>
                  <del>
                    <SafeText text={shown(one.before)} />
                  </del>
                  <ins>
                    <SafeText text={shown(one.after)} />
                  </ins>
                </li>
              ))}
            </ul>
          ) : null}
        </div>
      ) : null}
    </div>
  );
}

/** A change that is only spaces or marks, by the code of each character. */
function shown(text: string): string {
  if (text === '') {
    return '∅';
  }
  return text.replace(
    /[\s\p{Cf}\p{Mn}]/gu,
    character =>
      `⟨${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}⟩`
  );
}

/** A value that has not changed for a while. */
function useRested(value: string, rest: number): string {
  const [rested, setRested] = React.useState(value);
  React.useEffect(() => {
    const timer = window.setTimeout(() => setRested(value), rest);
    return () => window.clearTimeout(timer);
  }, [value, rest]);
  return rested;
}
