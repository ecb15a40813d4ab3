/**
 * What a step asks, by its kind.
 */
import * as React from 'react';

import { MapForm } from './MapForm';
import { NormaliseForm } from './NormaliseForm';
import { useFindingNames } from './RowParts';
import { byCount } from './shapes';
import { CheckField } from '../../components/CheckField';
import { ChoiceField } from '../../components/ChoiceField';
import { Field } from '../../components/Field';
import { useApp, useLive } from '../../hooks';
import { parseNumber } from '../../format';
import type { DatasetVersion } from '../../protocol';
import { DROP_CODES, MASK_CODES, type Step, type StepOf } from '../../state/steps';

/** Labels that are offered as checks; more are typed nowhere, they are kept by a map step. */
const LABELS = 40;

/** See the module's comment. */
export function StepForm(props: {
  step: Step;
  dataset: string;
  base: DatasetVersion;
  onChange: (step: Step) => void;
}): React.JSX.Element | null {
  const { t } = useApp();
  const { step, dataset, base, onChange } = props;
  switch (step.kind) {
    case 'normalise':
      return (
        <NormaliseForm step={step} dataset={dataset} base={base} onChange={onChange} />
      );
    case 'filter':
      return <FilterForm step={step} base={base} onChange={onChange} />;
    case 'dedupe':
      return (
        <div className="pai-stack">
          <NearChoice
            near={step.near ?? false}
            words={[t('versions.dedupe_exact'), t('versions.dedupe_near')]}
            onChange={near => onChange({ ...step, near })}
          />
          {step.near ? (
            <Threshold
              value={step.threshold ?? 0.8}
              onChange={threshold => onChange({ ...step, threshold })}
            />
          ) : null}
        </div>
      );
    case 'map':
      return <MapForm step={step} base={base} onChange={onChange} />;
    case 'mask':
      return <MaskForm step={step} onChange={onChange} />;
    case 'sample':
      return (
        <div className="pai-form-row">
          <NumberField
            label={t('versions.sample_rows')}
            value={step.rows}
            onChange={rows => onChange({ ...step, rows: rows ?? 0 })}
          />
          <NumberField
            label={t('versions.seed')}
            value={step.seed ?? 0}
            onChange={seed => onChange({ ...step, seed: seed ?? 0 })}
          />
        </div>
      );
    case 'without':
      return <WithoutForm step={step} dataset={dataset} onChange={onChange} />;
    default:
      return <p className="pai-quiet">{t('versions.help_clean')}</p>;
  }
}

/** A number or nothing, in any digits. */
export function NumberField(props: {
  label: string;
  value: number | null | undefined;
  onChange: (value: number | null) => void;
  help?: string;
}): React.JSX.Element {
  const { fmt, t } = useApp();
  const { value } = props;
  const shown = typeof value === 'number' ? fmt.number(value, 2) : '';
  const [typed, setTyped] = React.useState(shown);
  return (
    <Field label={props.label} help={props.help}>
      {ids => (
        <input
          {...ids}
          className="pai-input pai-num"
          inputMode="decimal"
          value={typed}
          placeholder={t('versions.filter_any')}
          onChange={event => {
            const text = event.currentTarget.value;
            setTyped(text);
            const parsed = parseNumber(text);
            props.onChange(Number.isFinite(parsed) ? parsed : null);
          }}
        />
      )}
    </Field>
  );
}

/** How alike two rows have to be. */
export function Threshold(props: {
  value: number;
  onChange: (value: number) => void;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  return (
    <Field label={t('versions.threshold')} help={fmt.number(props.value, 2)}>
      {ids => (
        <input
          {...ids}
          type="range"
          min={0.5}
          max={1}
          step={0.05}
          value={props.value}
          onChange={event => props.onChange(Number(event.currentTarget.value))}
        />
      )}
    </Field>
  );
}

/** The same rows only, or those that are almost the same too. */
export function NearChoice(props: {
  near: boolean;
  words: readonly [string, string];
  onChange: (near: boolean) => void;
}): React.JSX.Element {
  const name = React.useId();
  return (
    <div className="pai-check-list" role="radiogroup">
      {[false, true].map((near, place) => (
        <label key={place} className="pai-check">
          <input
            type="radio"
            name={name}
            checked={props.near === near}
            onChange={() => props.onChange(near)}
          />
          {props.words[place]}
        </label>
      ))}
    </div>
  );
}

/** Several of some things, each with a check. */
export function Checks<Item extends string>(props: {
  legend: string;
  items: readonly Item[];
  chosen: readonly Item[];
  nameOf: (item: Item) => string;
  onChange: (chosen: Item[]) => void;
}): React.JSX.Element {
  return (
    <fieldset className="pai-check-set">
      <legend>{props.legend}</legend>
      <div className="pai-check-list">
        {props.items.map(item => (
          <label key={item} className="pai-check">
            <input
              type="checkbox"
              checked={props.chosen.includes(item)}
              onChange={event =>
                props.onChange(
                  event.currentTarget.checked
                    ? [...props.chosen, item]
                    : props.chosen.filter(one => one !== item)
                )
              }
            />
            <bdi>{props.nameOf(item)}</bdi>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function FilterForm(props: {
  step: StepOf<'filter'>;
  base: DatasetVersion;
  onChange: (step: Step) => void;
}): React.JSX.Element {
  const { t } = useApp();
  const { nameOf } = useFindingNames();
  const { step, base, onChange } = props;
  const labels = byCount(base.report.stats.labels ?? {})
    .slice(0, LABELS)
    .map(([label]) => label);
  const share = step.min_persian_share;
  return (
    <div className="pai-stack">
      <Checks
        legend={t('versions.filter_drop')}
        items={DROP_CODES}
        chosen={step.drop ?? []}
        nameOf={nameOf}
        onChange={drop => onChange({ ...step, drop })}
      />
      <div className="pai-form-row">
        <NumberField
          label={t('versions.filter_min_words')}
          value={step.min_words}
          onChange={min => onChange({ ...step, min_words: min })}
        />
        <NumberField
          label={t('versions.filter_max_words')}
          value={step.max_words}
          onChange={max => onChange({ ...step, max_words: max })}
        />
        <NumberField
          label={t('versions.filter_persian')}
          value={typeof share === 'number' ? share * 100 : null}
          onChange={percent =>
            onChange({
              ...step,
              min_persian_share: percent === null ? null : Math.min(1, percent / 100)
            })
          }
        />
      </div>
      <div className="pai-form-row">
        {(['contains', 'lacks'] as const).map(field => (
          <Field key={field} label={t(`versions.filter_${field}`)}>
            {ids => (
              <input
                {...ids}
                className="pai-input"
                dir="auto"
                maxLength={200}
                value={step[field] ?? ''}
                onChange={event =>
                  onChange({ ...step, [field]: event.currentTarget.value })
                }
              />
            )}
          </Field>
        ))}
      </div>
      {labels.length > 1 ? (
        <Checks
          legend={t('versions.filter_labels')}
          items={labels}
          chosen={step.keep_labels ?? []}
          nameOf={label => label}
          onChange={keep => onChange({ ...step, keep_labels: keep })}
        />
      ) : null}
    </div>
  );
}

function MaskForm(props: {
  step: StepOf<'mask'>;
  onChange: (step: Step) => void;
}): React.JSX.Element {
  const { t } = useApp();
  const { nameOf } = useFindingNames();
  const { step, onChange } = props;
  return (
    <div className="pai-stack">
      <Checks
        legend={t('versions.mask_codes')}
        items={MASK_CODES}
        chosen={step.codes}
        nameOf={nameOf}
        onChange={codes => onChange({ ...step, codes })}
      />
      <Field label={t('versions.mask_style')}>
        {ids => (
          <select
            {...ids}
            className="pai-input"
            value={step.style ?? 'tag'}
            onChange={event =>
              onChange({
                ...step,
                style: event.currentTarget.value === 'stars' ? 'stars' : 'tag'
              })
            }
          >
            <option value="tag">{t('versions.mask_tag')}</option>
            <option value="stars">{t('versions.mask_stars')}</option>
          </select>
        )}
      </Field>
    </div>
  );
}

function WithoutForm(props: {
  step: StepOf<'without'>;
  dataset: string;
  onChange: (step: Step) => void;
}): React.JSX.Element {
  const { core, t } = useApp();
  const { step, dataset, onChange } = props;
  const list = useLive(core.datasets());
  const others = (list.state?.items ?? []).filter(one => one.id !== dataset);
  if (list.state && others.length === 0) {
    return <p className="pai-quiet">{t('versions.no_other')}</p>;
  }
  return (
    <div className="pai-stack">
      <ChoiceField
        label={t('versions.without_dataset')}
        value={step.dataset_id}
        options={[
          ['', t('versions.map_choose')],
          ...others.map(one => [one.id, one.name] as const)
        ]}
        onChange={dataset_id => onChange({ ...step, dataset_id, version: null })}
      />
      <CheckField
        label={t('versions.without_near')}
        checked={step.near ?? false}
        onChange={near => onChange({ ...step, near })}
      />
      {step.near ? (
        <Threshold
          value={step.threshold ?? 0.8}
          onChange={threshold => onChange({ ...step, threshold })}
        />
      ) : null}
    </div>
  );
}
