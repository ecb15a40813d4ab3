/**
 * Lines of a comparison, a column for each model; what is best in a line is marked by a word.
 */
import * as React from 'react';

import { useFactValue, useFigureName, useFigureValue } from './modelWords';
import { Chip, Ltr } from '../../components/basics';
import { SafeText } from '../../components/SafeText';
import { useApp } from '../../hooks';
import { isKey } from '../../i18n';
import type { ComparedLine, Model } from '../../protocol';

/** How narrow a column may become, in CSS pixels. */
const COLUMN = 150;

/** What the names of the lines are. */
export type LineKind = 'fact' | 'figure' | 'config';

/** See the module's comment. `heads` draws what stands above a column; without it its name. */
export function ComparedTable(props: {
  label: string;
  models: readonly Model[];
  lines: readonly ComparedLine[];
  kind: LineKind;
  heads?: (model: Model) => React.ReactNode;
}): React.JSX.Element {
  const { t } = useApp();
  const { models, kind } = props;
  const figureOf = useFigureName();
  const figureValue = useFigureValue();
  const factValue = useFactValue();
  const nameOf = (name: string): React.ReactNode => {
    const fact = `models.fact_${name}`;
    return kind === 'fact' && isKey(fact) ? (
      t(fact)
    ) : kind === 'figure' ? (
      (figureOf(name) ?? <Ltr>{name}</Ltr>)
    ) : (
      <Ltr>{name}</Ltr>
    );
  };
  const written = (name: string, value: unknown): React.ReactNode => {
    if (kind === 'figure' && typeof value === 'number') {
      return figureValue(value);
    }
    if (kind === 'config') {
      return value === null || value === undefined ? (
        '—'
      ) : (
        <SafeText
          text={typeof value === 'string' ? value : JSON.stringify(value)}
          dir="ltr"
          className="pai-ltr"
        />
      );
    }
    return <SafeText text={factValue(name, value)} />;
  };
  return (
    <div className="pai-table-frame" tabIndex={0} role="region" aria-label={props.label}>
      <table
        className="pai-table pai-compared"
        style={{ minInlineSize: 190 + models.length * COLUMN }}
      >
        <thead>
          <tr>
            <th scope="col">
              <span className="pai-sr">{props.label}</span>
            </th>
            {models.map(model => (
              <th key={model.id} scope="col">
                {props.heads ? props.heads(model) : <SafeText text={model.name} />}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.lines.map(line => (
            <tr key={line.name} data-differs={line.differs}>
              <th scope="row" title={line.name}>
                {nameOf(line.name)}
              </th>
              {models.map((model, at) => (
                <td key={model.id}>
                  {written(line.name, line.values[at])}
                  {line.best.includes(at) && line.best.length < models.length ? (
                    <>
                      {' '}
                      <Chip tone="good">{t('registry.best')}</Chip>
                    </>
                  ) : null}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
