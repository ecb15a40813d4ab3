/**
 * A few rows in a plain table, their texts over several lines.
 */
import * as React from 'react';

import { BriefValue, Turns, useFieldName } from './RowParts';
import { FIELDS, textOf, turnsOf, type Row } from './shapes';
import { SafeText } from '../../components/SafeText';
import { useApp } from '../../hooks';
import { direction } from '../../i18n';
import type { DatasetShape } from '../../protocol';
import { TableFrame } from '../../components/TableFrame';

/** Characters of a cell. */
const CELL = 400;

/** See the module's comment. */
export function FirstRows({
  rows,
  shape,
  label
}: {
  rows: readonly Row[];
  shape: DatasetShape;
  label: string;
}): React.JSX.Element {
  const nameOf = useFieldName();
  const fields = FIELDS[shape].columns;
  return (
    <TableFrame label={label}>
      <table className="pai-table pai-preview">
        <thead>
          <tr>
            {fields.map(field => (
              <th scope="col" key={field}>
                {nameOf(field)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {fields.map(field => (
                <td key={field}>
                  <Cell row={row} field={field} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}

function Cell({ row, field }: { row: Row; field: string }): React.JSX.Element {
  const { lang } = useApp();
  const value = row[field];
  if (turnsOf(value)) {
    return <Turns value={value} />;
  }
  if (field === 'label' || field === 'tokens') {
    return <BriefValue row={row} field={field} />;
  }
  return (
    <SafeText
      text={textOf(value).slice(0, CELL)}
      fallback={direction(lang)}
      className="pai-preview-cell"
    />
  );
}
