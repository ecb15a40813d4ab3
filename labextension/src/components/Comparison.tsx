/*
 * Several trainings beside each other: one figure with a colour for each, their final figures,
 * and the options in which they differ. Those that still run are live. Used by the panel's page
 * and in notebooks, where nothing can be opened or taken out.
 */
import * as React from 'react';

import { Button, Card, StateChip } from './basics';
import { Failure, Skeleton } from './states';
import { Differences, Figures } from './ComparisonTables';
import { Plot, type PlotHandle } from './Plot';
import { FIRST_LOOK, PlotBar, Swatch, useNames, type Look } from './PlotBar';
import { useApp, useLives } from '../hooks';
import { metricsOf, type Run } from '../state/compare';
import { smoothed, sourcesOf, weightOf } from '../state/views';

function Chart({
  runs,
  count,
  hidden,
  metric: first,
  onMetric
}: {
  runs: readonly Run[];
  /** How many places there are. */
  count: number;
  hidden: ReadonlySet<number>;
  metric: string;
  onMetric: (metric: string) => void;
}): React.JSX.Element {
  const { core, t } = useApp();
  const names = useNames();
  const plot = React.useRef<PlotHandle>(null);
  const [look, setLook] = React.useState<Look>({ ...FIRST_LOOK, view: first });
  const metrics = metricsOf(runs);
  const metric = metrics.includes(look.view) ? look.view : (metrics[0] ?? 'loss');
  const longest = Math.max(
    0,
    ...runs.map(run => run.curves.series[metric]?.steps.length ?? 0)
  );
  const usual = weightOf(longest);
  const weight = look.weight ?? usual;
  const { scale } = look;
  const sources = React.useMemo(
    () =>
      sourcesOf(
        Array.from({ length: count }, (_, place) => {
          const run = hidden.has(place) ? undefined : runs.find(r => r.place === place);
          return { source: `run${place}`, metric, curve: run?.curves.series[metric] };
        }),
        scale,
        weight
      ),
    [runs, count, hidden, metric, scale, weight]
  );
  const onLook = (next: Look): void => {
    setLook(next);
    if (next.view !== look.view) {
      onMetric(next.view);
    }
  };
  return (
    <>
      <PlotBar
        views={metrics.map(name => ({ id: name, metrics: [name] }))}
        nameOf={names.metric}
        look={{ ...look, view: metric }}
        onLook={onLook}
        weight={usual}
        plot={plot}
        name={`${t('watch.compare')} - ${metric}`}
        rough={smoothed(metric)}
      />
      <Plot
        ref={plot}
        about={`${metric} ${count} ${scale}`}
        item={(theme, lang) =>
          core.api.training.comparisonFigure({ metric, runs: count, theme, lang, scale })
        }
        sources={sources}
        label={t('watch.chart_label', {
          metric: names.metric(metric),
          name: runs.map(run => run.job.name).join('، ')
        })}
        empty={t('watch.no_curve')}
      />
    </>
  );
}

/** Who is who: colour, name, state; each can be hidden, opened, and taken out. */
function Legend({
  runs,
  hidden,
  onHidden,
  onOpen,
  onRemove
}: {
  runs: readonly Run[];
  hidden: ReadonlySet<number>;
  onHidden: (hidden: ReadonlySet<number>) => void;
  onOpen?: ((id: string, beside: boolean) => void) | undefined;
  onRemove?: ((id: string) => void) | undefined;
}): React.JSX.Element {
  const { t } = useApp();
  const toggle = (place: number): void => {
    const next = new Set(hidden);
    if (!next.delete(place)) {
      next.add(place);
    }
    onHidden(next);
  };
  return (
    <ul className="pai-runs">
      {runs.map(({ job, place }) => (
        <li key={job.id}>
          <label>
            <input
              type="checkbox"
              checked={!hidden.has(place)}
              aria-label={t('watch.compare_show', { name: job.name })}
              onChange={() => toggle(place)}
            />
            <Swatch place={place} />
          </label>
          {onOpen ? (
            <button
              type="button"
              className="pai-link"
              onClick={event => onOpen(job.id, event.ctrlKey || event.metaKey)}
            >
              <bdi>{job.name}</bdi>
            </button>
          ) : (
            <bdi>{job.name}</bdi>
          )}
          <StateChip job={job} />
          {onRemove ? (
            <Button
              kind="quiet"
              icon="close"
              aria-label={t('watch.compare_remove', { name: job.name })}
              title={t('watch.compare_remove', { name: job.name })}
              onClick={() => onRemove(job.id)}
            />
          ) : null}
        </li>
      ))}
    </ul>
  );
}

export function Comparison({
  ids,
  metric = 'loss',
  onMetric = () => undefined,
  onOpen,
  onRemove
}: {
  ids: readonly string[];
  /** What is shown first, and who is told of another choice. */
  metric?: string;
  onMetric?: (metric: string) => void;
  onOpen?: (id: string, beside: boolean) => void;
  onRemove?: (id: string) => void;
}): React.JSX.Element | null {
  const { core, t } = useApp();
  const views = useLives(ids.map(id => core.run(id)));
  const [hidden, setHidden] = React.useState<ReadonlySet<number>>(new Set());
  const runs = React.useMemo(
    () =>
      views.flatMap((view, place): Run[] => (view.state ? [{ ...view.state, place }] : [])),
    [views]
  );
  const failed = views.find(view => view.error)?.error;
  return (
    <>
      {failed ? <Failure error={failed} title={t('watch.compare_missing')} /> : null}
      {runs.length ? (
        <>
          <Card>
            <Legend
              runs={runs}
              hidden={hidden}
              onHidden={setHidden}
              onOpen={onOpen}
              onRemove={onRemove}
            />
            <Chart
              runs={runs}
              count={ids.length}
              hidden={hidden}
              metric={metric}
              onMetric={onMetric}
            />
          </Card>
          <Card title={t('watch.compare_figures')}>
            <Figures runs={runs} />
          </Card>
          <Card title={t('watch.compare_options')}>
            <Differences runs={runs} />
          </Card>
        </>
      ) : failed ? null : (
        <Skeleton height={360} />
      )}
    </>
  );
}
