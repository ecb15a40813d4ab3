/*
 * What a comparison says in numbers and words: final figures, and the options that differ.
 */
import * as React from 'react';

import { useApp, useRequest } from '../hooks';
import { inLanguage } from '../i18n';
import type { Job } from '../protocol';
import { differences, metricsOf, type Run } from '../state/compare';
import { fieldsOf } from '../state/form';
import { Ltr } from './basics';
import { Swatch, useNames } from './PlotBar';
import { SafeText } from './SafeText';
import { TableFrame } from './TableFrame';

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

export function Figures({ runs }: { runs: readonly Run[] }): React.JSX.Element {
  const { t, fmt } = useApp();
  const names = useNames();
  const value = useValue();
  return (
    <TableFrame label={t('watch.compare_figures')}>
      <table className="pai-table">
        <caption className="pai-sr">{t('watch.compare_figure_help')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('watch.metric_head')}</th>
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
    </TableFrame>
  );
}

/** The titles of options, in the words of the form. */
function useTitles(jobs: readonly Job[]): ReadonlyMap<string, string> {
  const { core, lang } = useApp();
  const recipes = useRequest(() => core.api.training.recipes(), []).data;
  const used = [...new Set(jobs.map(job => job.recipe))].join();
  return React.useMemo(() => {
    const fields = (recipes ?? [])
      .filter(recipe => used.split(',').includes(recipe.id))
      .flatMap(recipe => fieldsOf(recipe.schema));
    return new Map(fields.map(field => [field.path, inLanguage(lang, field.title)]));
  }, [recipes, used, lang]);
}

export function Differences({ runs }: { runs: readonly Run[] }): React.JSX.Element {
  const { t } = useApp();
  const titles = useTitles(runs.map(run => run.job));
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
    <TableFrame label={t('watch.compare_options')}>
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
              <th scope="row" title={row.name}>
                {words[row.name] ?? titles.get(row.name) ?? <Ltr>{row.name}</Ltr>}
              </th>
              {row.values.map((text, index) => (
                <td key={index}>{text ? <SafeText text={text} /> : '—'}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}
