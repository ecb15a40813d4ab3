/*
 * A number that matters: large and quiet, with its unit and whether it is good.
 */
import * as React from 'react';

export function Tile({
  label,
  value,
  note,
  tip,
  ltr = false
}: {
  label: React.ReactNode;
  value: React.ReactNode;
  note?: React.ReactNode;
  tip?: string;
  ltr?: boolean;
}): React.JSX.Element {
  return (
    <div className="pai-card pai-tile" title={tip}>
      <span>{label}</span>
      {ltr ? (
        <bdi dir="ltr" className="pai-value pai-ltr">
          {value}
        </bdi>
      ) : (
        <b className="pai-value pai-num">{value}</b>
      )}
      <small>{note}</small>
    </div>
  );
}
