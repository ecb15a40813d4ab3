/**
 * A small curve of shares 0..1 over time, the newest at the right as on every scientific axis.
 * Decoration beside a number that says the same: hidden from screen readers.
 */
import * as React from 'react';

import type { Tone } from './basics';

const WIDTH = 160;
const HEIGHT = 36;

/** Properties of {@link Sparkline}. */
export interface SparklineProps {
  shares: readonly number[];
  /** How many readings fill the width. */
  room: number;
  tone: Tone;
}

/** See the module's comment. */
export function Sparkline({ shares, room, tone }: SparklineProps): React.JSX.Element {
  const step = WIDTH / Math.max(1, room - 1);
  const first = WIDTH - (shares.length - 1) * step;
  const points = shares.map((share, at) => {
    const y = HEIGHT - 1 - Math.max(0, Math.min(1, share)) * (HEIGHT - 2);
    return `${(first + at * step).toFixed(1)},${y.toFixed(1)}`;
  });
  const line = points.join(' ');
  return (
    <svg
      className={`pai-sparkline pai-tone-${tone}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      direction="ltr"
    >
      {shares.length > 1 ? (
        <>
          <polygon points={`${first.toFixed(1)},${HEIGHT} ${line} ${WIDTH},${HEIGHT}`} />
          <polyline points={line} />
        </>
      ) : null}
    </svg>
  );
}
