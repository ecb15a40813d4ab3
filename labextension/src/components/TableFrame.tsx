/**
 * A table that scrolls by itself when it is wider than its place: with the keyboard too, hence the
 * tab stop and the name.
 */
import * as React from 'react';

/** Properties of {@link TableFrame}. */
export interface TableFrameProps {
  /** What the region is called. */
  label: string;
  /** More classes of the frame. */
  className?: string;
  children: React.ReactNode;
}

/** See the module's comment; the child is a table. */
export function TableFrame(props: TableFrameProps): React.JSX.Element {
  const { className = '' } = props;
  return (
    <div
      className={`pai-table-scroll ${className}`.trim()}
      tabIndex={0}
      role="region"
      aria-label={props.label}
    >
      {props.children}
    </div>
  );
}
