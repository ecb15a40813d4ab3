/*
 * A figure that Python made, on the page: drawn when its first points are there, then fed at most
 * once per frame. It knows no metric; whoever uses it gives it sources by name.
 */
import * as React from 'react';

import { useApp } from '../hooks';
import type { Curve } from '../state/metrics';
import { Failure, Skeleton } from './states';
import { useFigure } from './useFigure';

export interface PlotHandle {
  /** Back to all of the curve. */
  reset: () => void;
  /** The picture as PNG on the page's own ground, or null when nothing is drawn. */
  picture: () => Promise<Blob | null>;
}

export interface PlotProps {
  /** Asks for the empty figure. */
  item: (theme: 'light' | 'dark', lang: 'fa' | 'en') => Promise<unknown>;
  /** What the figure depends on besides theme and language: it is drawn anew when this changes. */
  about: string;
  sources: Readonly<Record<string, Curve>>;
  /** What a screen reader says of it. */
  label: string;
  /** What stands there while there are no points. */
  empty: React.ReactNode;
}

export const Plot = React.forwardRef<PlotHandle, PlotProps>(function Plot(
  { item, about, sources, label, empty },
  ref
) {
  const { t } = useApp();
  // An empty figure would have no ranges; it is drawn with its first point.
  const begun = Object.values(sources).some(curve => curve.steps.length > 0);
  const { target, figure, ready, error, retry } = useFigure({
    item,
    about,
    sources,
    wanted: begun
  });

  React.useImperativeHandle(ref, () => ({
    reset: () => figure.current?.reset(),
    picture: async () => {
      const place = target.current;
      return place && figure.current
        ? figure.current.picture(
            getComputedStyle(place.closest('.pai-root') ?? place).backgroundColor
          )
        : null;
    }
  }));

  React.useEffect(() => {
    if (!ready) {
      return undefined;
    }
    const frame = requestAnimationFrame(() => {
      for (const [source, curve] of Object.entries(sources)) {
        figure.current?.show(source, curve);
      }
    });
    return () => cancelAnimationFrame(frame);
  }, [ready, sources, figure]);

  return (
    <figure className="pai-chart" role="img" aria-label={label}>
      {error ? (
        <Failure error={error} title={t('watch.chart_failed')} onRetry={retry} />
      ) : null}
      <div className="pai-plot" dir="ltr" ref={target} hidden={error !== null} />
      {begun && !ready && !error ? (
        <div className="pai-plot-wait">
          <Skeleton height={280} />
        </div>
      ) : null}
      {begun ? null : <p className="pai-plot-note">{empty}</p>}
    </figure>
  );
});
