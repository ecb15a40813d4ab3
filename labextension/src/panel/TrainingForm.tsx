/*
 * The fields of a recipe, drawn from its JSON Schema: groups, help, limits, errors.
 */
import * as React from 'react';

import { Field } from '../components/Field';
import { useApp } from '../hooks';
import { inLanguage, type Key } from '../i18n';
import { GROUPS, wrong, type FieldSpec, type Group, type Typed } from '../state/form';

function useLimits(spec: FieldSpec): string {
  const { t } = useApp();
  const { minimum: min, maximum: max, above } = spec;
  // Latin digits in an isolate: limits read like what is typed.
  if (above !== undefined && max !== undefined) {
    return `${t('training.above', { min: above })}، ${t('training.at_most', { max })}`;
  }
  if (min !== undefined && max !== undefined) {
    return t('training.range', { min, max });
  }
  return min !== undefined ? t('training.at_least', { min }) : '';
}

function Option({
  spec,
  value,
  problem,
  onChange
}: {
  spec: FieldSpec;
  value: string;
  problem: string | undefined;
  onChange: (value: string) => void;
}): React.JSX.Element {
  const { t, lang } = useApp();
  const limits = useLimits(spec);
  const fault = wrong(spec, value);
  const error = fault ? t(fault.key, fault.values) : problem;
  const numeric = spec.kind === 'integer' || spec.kind === 'number';
  const tip = [lang === 'fa' ? spec.title.en : '', limits].filter(Boolean).join(' · ');
  return (
    <Field
      label={inLanguage(lang, spec.title)}
      help={inLanguage(lang, spec.help)}
      error={error}
      tip={tip}
    >
      {ids =>
        spec.kind === 'choice' ? (
          <select
            {...ids}
            className="pai-input"
            dir="ltr"
            value={value}
            onChange={event => onChange(event.target.value)}
          >
            {spec.choices.map(choice => (
              <option key={choice}>{choice}</option>
            ))}
          </select>
        ) : spec.kind === 'boolean' ? (
          <span className="pai-tick">
            <input
              {...ids}
              type="checkbox"
              checked={value === 'true'}
              onChange={event => onChange(String(event.target.checked))}
            />
            <span aria-hidden="true">{t(value === 'true' ? 'gate.on' : 'gate.off')}</span>
          </span>
        ) : (
          <input
            {...ids}
            placeholder={spec.nullable ? t('gate.unset') : undefined}
            className={numeric ? 'pai-input pai-ltr' : 'pai-input'}
            dir={numeric ? 'ltr' : 'auto'}
            inputMode={numeric ? 'decimal' : 'text'}
            autoComplete="off"
            spellCheck={false}
            value={value}
            onChange={event => onChange(event.target.value)}
          />
        )
      }
    </Field>
  );
}

export function TrainingForm({
  fields,
  typed,
  problems,
  hidden,
  onChange
}: {
  fields: FieldSpec[];
  typed: Typed;
  /** What the server said, by path. */
  problems: Record<string, string>;
  /** Whether a field means nothing now. */
  hidden: (spec: FieldSpec) => boolean;
  onChange: (path: string, value: string) => void;
}): React.JSX.Element {
  const { t } = useApp();
  const shown = fields.filter(spec => !hidden(spec));
  const draw = (spec: FieldSpec): React.JSX.Element => (
    <Option
      key={spec.path}
      spec={spec}
      value={typed[spec.path] ?? spec.initial}
      problem={problems[spec.path]}
      onChange={value => onChange(spec.path, value)}
    />
  );
  const groups = GROUPS.map(group => ({
    group,
    specs: shown.filter(spec => groupOf(spec) === group)
  })).filter(({ specs }) => specs.length > 0);
  return (
    <>
      {groups.map(({ group, specs }) => {
        const faulty = specs.some(
          spec => wrong(spec, typed[spec.path] ?? spec.initial) ?? problems[spec.path]
        );
        return (
          <details
            key={group}
            className="pai-card pai-group"
            open={group === 'main' || group === 'model' || faulty || undefined}
          >
            <summary>{t(`training.group_${group}` satisfies Key)}</summary>
            <div className="pai-fields">{specs.map(draw)}</div>
          </details>
        );
      })}
    </>
  );
}

function groupOf(spec: FieldSpec): Group {
  return GROUPS.find(group => group === spec.group) ?? 'main';
}
