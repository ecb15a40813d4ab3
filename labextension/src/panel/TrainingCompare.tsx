/*
 * Several trainings beside each other: one figure with a colour for each, their final figures,
 * and the options in which they differ. The ids are in the route, so it survives a reload; those
 * that still run are live.
 */
import * as React from 'react';

import { Button, Card, Ltr, StateChip } from '../components/basics';
import { Page } from '../components/Page';
import { Empty, Failure, Skeleton } from '../components/states';
import { Plot, type PlotHandle } from '../components/Plot';
import { FIRST_LOOK, PlotBar, Swatch, useNames, type Look } from '../components/PlotBar';
import { SafeText } from '../components/SafeText';
import { useApp, useLives } from '../hooks';
import { chosenRuns, differences, MOST_RUNS, withoutRun } from '../state/compare';
import type { RunState } from '../state/training';
import { smoothed, sourcesOf, VIEWS, weightOf } from '../state/views';

/** A training and its place, which is its colour for as long as it is compared. */
interface Run extends RunState {
  place: number;
}

/** Metrics that any of the runs has, in the order of the views. */
function metricsOf(runs: readonly Run[]): string[] {
  const present = new Set(runs.flatMap(run => Object.keys(run.curves.series)));
  const known = VIEWS.flatMap(view => view.metrics);
  return [
    ...known.filter(name => present.has(name)),
    ...[...present].filter(name => !known.includes(name))
  ];
}

function Chart({
  runs,
  count,
  hidden
}: {
  runs: readonly Run[];
  /** How many places there are. */
  count: number;
  hidden: ReadonlySet<number>;
}): React.JSX.Element {
  const { core, t, route, go } = useApp();
  const names = useNames();
  const plot = React.useRef<PlotHandle>(null);
  const [look, setLook] = React.useState<Look>({
    ...FIRST_LOOK,
    view: route.query?.['metric'] ?? 'loss'
  });
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
      go({ ...route, query: { ...route.query, metric: next.view } });
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
  onRemove
}: {
  runs: readonly Run[];
  hidden: ReadonlySet<number>;
  onHidden: (hidden: ReadonlySet<number>) => void;
  onRemove: (id: string) => void;
}): React.JSX.Element {
  const { t, go } = useApp();
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
          <button
            type="button"
            className="pai-link"
            onClick={event =>
              go(
                { page: 'training', id: job.id },
                { beside: event.ctrlKey || event.metaKey }
              )
            }
          >
            <bdi>{job.name}</bdi>
          </button>
          <StateChip job={job} />
          <Button
            kind="quiet"
            icon="close"
            aria-label={t('watch.compare_remove', { name: job.name })}
            title={t('watch.compare_remove', { name: job.name })}
            onClick={() => onRemove(job.id)}
          />
        </li>
      ))}
    </ul>
  );
}

/** How a value of a metric is written. */
function useValue(): (metric: string, value: number | null | undefined) => string {
  const { fmt } = useApp();
  return (metric, value) => {
    if (value === null || value === undefined) {
      return '—';
    }
    if (metric === 'memory_bytes') {
      return fmt.bytes(value);
    }
    if (metric === 'learning_rate') {
      return fmt.scientific(value);
    }
    if (metric === 'tokens_per_second') {
      return fmt.number(value);
    }
    return fmt.number(value, 4);
  };
}

function Heads({ runs }: { runs: readonly Run[] }): React.JSX.Element {
  return (
    <>
      {runs.map(({ job, place }) => (
        <th key={job.id} scope="col">
          <span className="pai-flow">
            <Swatch place={place} />
            <bdi>{job.name}</bdi>
          </span>
        </th>
      ))}
    </>
  );
}

function Figures({ runs }: { runs: readonly Run[] }): React.JSX.Element {
  const { t, fmt } = useApp();
  const names = useNames();
  const value = useValue();
  return (
    <div
      className="pai-table-frame"
      tabIndex={0}
      role="region"
      aria-label={t('watch.compare_figures')}
    >
      <table className="pai-table">
        <caption className="pai-sr">{t('watch.compare_figure_help')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('watch.metric')}</th>
            <Heads runs={runs} />
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">{t('panel.step')}</th>
            {runs.map(({ job }) => (
              <td key={job.id} className="pai-num">
                {fmt.number(job.progress.done)}
              </td>
            ))}
          </tr>
          {metricsOf(runs).map(metric => (
            <tr key={metric}>
              <th scope="row">{names.metric(metric)}</th>
              {runs.map(({ job }) => (
                <td key={job.id} className="pai-num">
                  {value(metric, job.latest[metric])}
                  {metric.endsWith('loss') || metric === 'eval_perplexity' ? (
                    <small> ({value(metric, job.best[metric])})</small>
                  ) : null}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Differences({ runs }: { runs: readonly Run[] }): React.JSX.Element {
  const { t } = useApp();
  const words: Record<string, string> = {
    recipe: t('watch.recipe'),
    dataset: t('watch.dataset'),
    model: t('watch.model')
  };
  const rows = differences(runs.map(run => run.job));
  if (rows.length === 0) {
    return <p className="pai-quiet pai-pad">{t('watch.compare_same')}</p>;
  }
  return (
    <div
      className="pai-table-frame"
      tabIndex={0}
      role="region"
      aria-label={t('watch.compare_options')}
    >
      <table className="pai-table">
        <thead>
          <tr>
            <th scope="col">{t('watch.compare_option')}</th>
            <Heads runs={runs} />
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr key={row.name}>
              <th scope="row">{words[row.name] ?? <Ltr>{row.name}</Ltr>}</th>
              {row.values.map((text, index) => (
                <td key={index}>{text ? <SafeText text={text} /> : '—'}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function TrainingCompare(): React.JSX.Element {
  const { core, t, fmt, route, go } = useApp();
  const ids = chosenRuns(route.query?.['ids']);
  const views = useLives(ids.map(id => core.run(id)));
  const [hidden, setHidden] = React.useState<ReadonlySet<number>>(new Set());
  const runs = React.useMemo(
    () =>
      views.flatMap((view, place): Run[] => (view.state ? [{ ...view.state, place }] : [])),
    [views]
  );
  const waiting = views.some(view => !view.state && !view.error);
  const failed = views.find(view => view.error)?.error;
  const list = (
    <Button kind="primary" onClick={() => go({ page: 'training' })}>
      {t('watch.compare_back')}
    </Button>
  );
  const crumbs = [{ label: t('training.title'), to: { page: 'training' as const } }];
  if (ids.length < 2) {
    return (
      <Page crumbs={crumbs} title={t('watch.compare_title')}>
        <Card>
          <Empty icon="training" title={t('watch.compare_few')} action={list} />
        </Card>
      </Page>
    );
  }
  return (
    <Page
      crumbs={crumbs}
      title={t('watch.compare_title')}
      sentence={t('watch.compare_chosen', {
        n: fmt.number(Math.min(ids.length, MOST_RUNS))
      })}
    >
      {failed ? <Failure error={failed} title={t('watch.compare_missing')} /> : null}
      {runs.length ? (
        <>
          <Card>
            <Legend
              runs={runs}
              hidden={hidden}
              onHidden={setHidden}
              onRemove={id => {
                setHidden(new Set());
                go({ ...route, query: { ...route.query, ids: withoutRun(ids, id) } });
              }}
            />
            <Chart runs={runs} count={ids.length} hidden={hidden} />
          </Card>
          <Card title={t('watch.compare_figures')}>
            <Figures runs={runs} />
          </Card>
          <Card title={t('watch.compare_options')}>
            <Differences runs={runs} />
          </Card>
        </>
      ) : waiting ? (
        <Skeleton height={360} />
      ) : null}
    </Page>
  );
}
