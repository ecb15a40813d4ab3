/*
 * A figure that Python made with its data in it: drawn once, drawn anew in the other theme or
 * language. What it shows is said in words to who does not see it.
 */
import * as React from 'react';

import { useApp } from '../hooks';
import { Failure, Skeleton } from './states';
import { useFigure } from './useFigure';

/** Its data comes with it. */
const NONE = {};

export function StillPlot({
  item,
  about,
  label,
  height = 280
}: {
  /** Asks for the figure. */
  item: (theme: 'light' | 'dark', lang: 'fa' | 'en') => Promise<unknown>;
  /** What the figure depends on besides theme and language. */
  about: string;
  label: string;
  height?: number;
}): React.JSX.Element {
  const { t } = useApp();
  const { target, ready, error, retry } = useFigure({
    item,
    about,
    sources: NONE,
    wanted: true
  });
  return (
    <figure
      className="pai-chart pai-still"
      role="img"
      aria-label={label}
      style={ready ? undefined : { minBlockSize: height }}
    >
      {error ? (
        <Failure error={error} title={t('watch.chart_failed')} onRetry={retry} />
      ) : null}
      <div className="pai-plot" dir="ltr" ref={target} hidden={error !== null} />
      {!ready && !error ? (
        <div className="pai-plot-wait">
          <Skeleton height={height - 24} />
        </div>
      ) : null}
    </figure>
  );
}
