/*
 * A figure that Python made, on the page: drawn when its first points are there, then fed at most
 * once per frame. It knows no metric; whoever uses it gives it sources by name.
 */
import * as React from 'react';

import { toApiError, type ApiError } from '../errors';
import { useApp } from '../hooks';
import type { Curve } from '../state/metrics';
import { Figure } from './bokeh';
import { Failure, Skeleton } from './states';

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
  const { core, t, lang, dark } = useApp();
  const target = React.useRef<HTMLDivElement>(null);
  const figure = React.useRef<Figure | null>(null);
  const [error, setError] = React.useState<ApiError | null>(null);
  const [ready, setReady] = React.useState(false);
  const [round, setRound] = React.useState(0);
  const latest = React.useRef({ item, sources });
  latest.current = { item, sources };
  // An empty figure would have no ranges; it is drawn with its first point.
  const begun = Object.values(sources).some(curve => curve.steps.length > 0);

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
    const place = target.current;
    if (!place || !begun) {
      return undefined;
    }
    let current = true;
    setReady(false);
    setError(null);
    const canvas = document.createElement('div');
    place.replaceChildren(canvas);
    latest.current
      .item(dark ? 'dark' : 'light', lang)
      .then(made => Figure.draw(core.transport, made, latest.current.sources, canvas))
      .then(drawn => {
        if (current && drawn) {
          figure.current = drawn;
          setReady(true);
        } else {
          drawn?.remove();
        }
      })
      .catch((reason: unknown) => {
        if (current) {
          setError(toApiError(reason));
        }
      });
    return () => {
      current = false;
      figure.current?.remove();
      figure.current = null;
      canvas.remove();
    };
  }, [core, about, dark, lang, round, begun]);

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
  }, [ready, sources]);

  return (
    <figure className="pai-chart" role="img" aria-label={label}>
      {error ? (
        <Failure
          error={error}
          title={t('watch.chart_failed')}
          onRetry={() => setRound(n => n + 1)}
        />
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
