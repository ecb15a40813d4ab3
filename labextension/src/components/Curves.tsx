/*
 * The curves of one training: a metric chosen in the bar, drawn live below it.
 */
import * as React from 'react';

import { useApp } from '../hooks';
import type { Curves as CurvesState } from '../state/metrics';
import { smoothed, sourcesOf, viewsOf, weightOf } from '../state/views';
import { Plot, type PlotHandle } from './Plot';
import { FIRST_LOOK, PlotBar, useNames, type Look } from './PlotBar';

/** A weight for a whole run, so that the past of a smooth line does not change at each point. */
function useWeight(count: number): number {
  const weight = React.useRef(0);
  const wanted = weightOf(count);
  if (count === 0 || wanted > weight.current + 0.1 || weight.current === 0) {
    weight.current = wanted;
  }
  return weight.current;
}

export function Curves({
  id,
  name,
  curves
}: {
  /** The job. */
  id: string;
  /** Its name, for screen readers and files. */
  name: string;
  curves: CurvesState;
}): React.JSX.Element {
  const { core, t } = useApp();
  const names = useNames();
  const plot = React.useRef<PlotHandle>(null);
  const [look, setLook] = React.useState<Look>(FIRST_LOOK);
  const views = React.useMemo(() => viewsOf(curves), [curves]);
  const view = views.find(known => known.id === look.view) ?? views[0];
  const metrics = view?.metrics ?? [];
  const about = metrics.join();
  const first = curves.series[metrics[0] ?? ''];
  const usual = useWeight(first?.steps.length ?? 0);
  const weight = look.weight ?? usual;
  const { scale } = look;
  const sources = React.useMemo(
    () =>
      sourcesOf(
        about
          .split(',')
          .map(metric => ({ source: metric, metric, curve: curves.series[metric] })),
        scale,
        weight
      ),
    [about, curves, scale, weight]
  );
  const files = [
    { label: t('watch.export_csv'), path: core.api.training.csvPath(id) },
    { label: t('watch.export_tensorboard'), path: core.api.training.tensorboardPath(id) }
  ].flatMap(({ label, path }) => {
    const href = core.transport.url(path);
    return href ? [{ label, href }] : [];
  });
  return (
    <>
      <PlotBar
        views={views}
        nameOf={names.view}
        look={look}
        onLook={setLook}
        weight={usual}
        plot={plot}
        name={`${name} - ${view?.id ?? ''}`}
        rough={metrics.some(smoothed)}
        files={files}
      />
      <Plot
        ref={plot}
        about={`${id} ${about} ${scale}`}
        item={(theme, lang) =>
          core.api.training.figure(id, theme, lang, { metrics: about, scale })
        }
        sources={sources}
        label={t('watch.chart_label', { metric: names.view(view?.id ?? 'loss'), name })}
        empty={t('watch.no_curve')}
      />
    </>
  );
}
