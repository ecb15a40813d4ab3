/**
 * Facts as a description list: a quiet label, then what it is. What is not known is left out.
 */
import * as React from 'react';

/** A label and what stands beside it; null is not known and not shown. */
export type Fact = readonly [label: string, value: React.ReactNode];

/** See the module's comment. */
export function Facts({ facts }: { facts: readonly Fact[] }): React.JSX.Element {
  return (
    <dl className="pai-facts">
      {facts
        .filter(([, value]) => value !== null && value !== undefined && value !== '')
        .map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
