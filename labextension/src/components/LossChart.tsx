/*
 * The live loss curve. Python made the figure; this feeds it, at most once per frame.
 */
import * as React from 'react';

import { toApiError, type ApiError } from '../errors';
import { useApp } from '../hooks';
import { smooth, type Curve, type Curves } from '../state/metrics';
import { Figure } from './bokeh';
import { Failure, Skeleton } from './states';

const NONE: Curve = { steps: [], values: [] };

/** How much of the past the smooth line keeps: more for long runs. */
function weightOf(count: number): number {
  return Math.min(0.95, Math.max(0.5, 1 - 40 / Math.max(80, count)));
}

/** The smooth line, with one weight for a whole run so that its past does not change. */
function useSmooth(curve: Curve): Curve {
  const weight = React.useRef(0);
  return React.useMemo(() => {
    const count = curve.steps.length;
    const wanted = weightOf(count);
    if (count === 0 || wanted > weight.current + 0.1) {
      weight.current = count === 0 ? 0 : wanted;
    }
    return { steps: curve.steps, values: smooth(curve.values, weight.current) };
  }, [curve]);
}

export function LossChart({
  id,
  name,
  curves
}: {
  /** The job. */
  id: string;
  /** Its name, for screen readers. */
  name: string;
  curves: Curves;
}): React.JSX.Element {
  const { core, t, lang, dark } = useApp();
  const target = React.useRef<HTMLDivElement>(null);
  const figure = React.useRef<Figure | null>(null);
  const [error, setError] = React.useState<ApiError | null>(null);
  const [ready, setReady] = React.useState(false);
  const [round, setRound] = React.useState(0);
  const loss = curves.series['loss'] ?? NONE;
  const judged = curves.series['eval_loss'] ?? NONE;
  const mean = useSmooth(loss);
  const shown = React.useMemo(
    () => ({ loss, loss_smooth: mean, eval_loss: judged }),
    [loss, mean, judged]
  );
  const latest = React.useRef(shown);
  latest.current = shown;
  const begun = loss.steps.length > 0;

  React.useEffect(() => {
    const place = target.current;
    // An empty figure would have no ranges; it is drawn with its first point.
    if (!place || !begun) {
      return undefined;
    }
    let current = true;
    setReady(false);
    setError(null);
    const canvas = document.createElement('div');
    place.replaceChildren(canvas);
    core.api.training
      .figure(id, dark ? 'dark' : 'light', lang)
      .then(item => Figure.draw(core.transport, item, latest.current, canvas))
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
  }, [core, id, dark, lang, round, begun]);

  React.useEffect(() => {
    if (!ready) {
      return undefined;
    }
    const frame = requestAnimationFrame(() => {
      for (const [source, curve] of Object.entries(shown)) {
        figure.current?.show(source, curve);
      }
    });
    return () => cancelAnimationFrame(frame);
  }, [ready, shown]);

  return (
    <figure
      className="pai-chart"
      role="img"
      aria-label={t('training.chart_label', { name })}
    >
      {error ? (
        <Failure
          error={error}
          title={t('training.chart_failed')}
          onRetry={() => setRound(n => n + 1)}
        />
      ) : null}
      <div className="pai-plot" dir="ltr" ref={target} hidden={error !== null} />
      {begun && !ready && !error ? (
        <div className="pai-plot-wait">
          <Skeleton height={280} />
        </div>
      ) : null}
      {begun ? null : <p className="pai-plot-note">{t('training.no_curve')}</p>}
    </figure>
  );
}
