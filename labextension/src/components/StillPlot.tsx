/*
 * A figure that Python made with its data in it: drawn once, drawn anew in the other theme or
 * language. What it shows is said in words to who does not see it.
 */
import * as React from 'react';

import { toApiError, type ApiError } from '../errors';
import { useApp } from '../hooks';
import { Figure } from './bokeh';
import { Failure, Skeleton } from './states';

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
  const { core, t, lang, dark } = useApp();
  const target = React.useRef<HTMLDivElement>(null);
  const [error, setError] = React.useState<ApiError | null>(null);
  const [ready, setReady] = React.useState(false);
  const [round, setRound] = React.useState(0);
  const latest = React.useRef(item);
  latest.current = item;
  React.useEffect(() => {
    const place = target.current;
    if (!place) {
      return undefined;
    }
    let current = true;
    let figure: Figure | null = null;
    const canvas = document.createElement('div');
    place.replaceChildren(canvas);
    setReady(false);
    setError(null);
    latest
      .current(dark ? 'dark' : 'light', lang)
      .then(made => (current ? Figure.draw(core.transport, made, {}, canvas) : null))
      .then(drawn => {
        if (current && drawn) {
          figure = drawn;
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
      figure?.remove();
      canvas.remove();
    };
  }, [core, about, dark, lang, round]);
  return (
    <figure
      className="pai-chart pai-still"
      role="img"
      aria-label={label}
      style={ready ? undefined : { minBlockSize: height }}
    >
      {error ? (
        <Failure
          error={error}
          title={t('watch.chart_failed')}
          onRetry={() => setRound(n => n + 1)}
        />
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
