/**
 * Another shape for the rows, and other names for their labels.
 */
import * as React from 'react';

import { Label } from './RowParts';
import { byCount, FIELDS, SHAPES } from './shapes';
import { Field } from '../../components/Field';
import { useApp } from '../../hooks';
import type { Key } from '../../i18n';
import type { DatasetVersion } from '../../protocol';
import type { Step, StepOf } from '../../state/steps';

/** Labels that can be given another name here. */
const LABELS = 40;

/** See the module's comment. */
export function MapForm(props: {
  step: StepOf<'map'>;
  base: DatasetVersion;
  onChange: (step: Step) => void;
}): React.JSX.Element {
  const { t } = useApp();
  const { step, base, onChange } = props;
  const theirs = FIELDS[base.shape].columns.flatMap(field =>
    field === 'tokens' ? ['tokens', 'tags'] : [field]
  );
  const { must, may } = FIELDS[step.shape];
  const labels = byCount(base.report.stats.labels ?? {}).slice(0, LABELS);
  const labelled = must.includes('label') || must.includes('tags');
  return (
    <div className="pai-stack">
      <Field label={t('versions.map_shape')}>
        {ids => (
          <select
            {...ids}
            className="pai-input"
            value={step.shape}
            onChange={event => {
              const shape = SHAPES.find(one => one === event.currentTarget.value);
              if (shape) {
                onChange({ ...step, shape, fields: {} });
              }
            }}
          >
            {SHAPES.map(shape => (
              <option key={shape} value={shape}>
                {t(`datasets.shape_${shape}`)}
              </option>
            ))}
          </select>
        )}
      </Field>
      <fieldset className="pai-check-set">
        <legend>{t('versions.map_fields')}</legend>
        <div className="pai-form-row">
          {[...must, ...may].map(ours => (
            <Field key={ours} label={t(`datasets.map_${ours}` as Key)}>
              {ids => (
                <select
                  {...ids}
                  className="pai-input"
                  value={step.fields?.[ours] ?? ''}
                  onChange={event => {
                    const fields = { ...step.fields };
                    delete fields[ours];
                    const { value } = event.currentTarget;
                    onChange({
                      ...step,
                      fields: value === '' ? fields : { ...fields, [ours]: value }
                    });
                  }}
                >
                  <option value="">
                    {theirs.includes(ours)
                      ? t('versions.map_same')
                      : t('versions.map_choose')}
                  </option>
                  {theirs.map(name => (
                    <option key={name} value={name}>
                      {t(`datasets.map_${name}` as Key)}
                    </option>
                  ))}
                </select>
              )}
            </Field>
          ))}
        </div>
      </fieldset>
      {labelled && labels.length > 0 ? (
        <fieldset className="pai-check-set">
          <legend>{t('versions.map_labels')}</legend>
          <ul className="pai-map-labels">
            {labels.map(([label]) => (
              <li key={label}>
                <Label text={label} />
                <input
                  className="pai-input"
                  dir="auto"
                  aria-label={`${t('versions.map_labels')}: ${label}`}
                  placeholder={label}
                  value={step.labels?.[label] ?? ''}
                  onChange={event => {
                    const renamed = { ...step.labels };
                    delete renamed[label];
                    const { value } = event.currentTarget;
                    onChange({
                      ...step,
                      labels: value === '' ? renamed : { ...renamed, [label]: value }
                    });
                  }}
                />
              </li>
            ))}
          </ul>
        </fieldset>
      ) : null}
    </div>
  );
}
