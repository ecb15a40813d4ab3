/*
 * The tabs of a training besides its curve: samples, log, checkpoints, configuration.
 */
import * as React from 'react';

import { Chip, Ltr, When } from '../components/basics';
import { SafeText } from '../components/SafeText';
import { SampleText } from '../components/TrainingParts';
import { useApp, useRequest } from '../hooks';
import { inLanguage } from '../i18n';
import type { Checkpoint, Job, LogLine, Sample } from '../protocol';
import { fieldsOf } from '../state/form';

function Nothing({ children }: { children: React.ReactNode }): React.JSX.Element {
  return <p className="pai-quiet pai-pad">{children}</p>;
}

/** What the model wrote at each evaluation that this page has seen. */
export function Samples({ samples }: { samples: Sample[] }): React.JSX.Element {
  const { t } = useApp();
  if (samples.length === 0) {
    return <Nothing>{t('training.no_samples')}</Nothing>;
  }
  return (
    <ul className="pai-list pai-tab-scroll">
      {samples.map(sample => (
        <li key={sample.step}>
          <SampleText sample={sample} />
        </li>
      ))}
    </ul>
  );
}

/** The log, left to right; it follows its end until one scrolls up. */
export function Log({ lines }: { lines: LogLine[] }): React.JSX.Element {
  const { t } = useApp();
  const box = React.useRef<HTMLDivElement>(null);
  const [follow, setFollow] = React.useState(true);
  React.useEffect(() => {
    if (follow && box.current) {
      box.current.scrollTop = box.current.scrollHeight;
    }
  }, [lines, follow]);
  if (lines.length === 0) {
    return <Nothing>{t('training.no_log')}</Nothing>;
  }
  return (
    <div className="pai-log-frame">
      <div
        className="pai-log"
        dir="ltr"
        role="log"
        aria-live="off"
        tabIndex={0}
        ref={box}
        onScroll={event => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          setFollow(scrollTop + clientHeight > scrollHeight - 24);
        }}
      >
        {lines.slice(-1000).map(line => (
          <div key={line.seq} className={`pai-log-line pai-level-${levelOf(line)}`}>
            <time dateTime={line.time}>{line.time.slice(11, 19)}</time>
            <SafeText text={line.message} />
          </div>
        ))}
      </div>
      {follow ? null : (
        <button type="button" className="pai-button" onClick={() => setFollow(true)}>
          {t('training.follow')}
        </button>
      )}
    </div>
  );
}

function levelOf(line: LogLine): string {
  return ['warning', 'error'].includes(line.level) ? line.level : 'info';
}

/** Complete checkpoints, newest first. */
export function Checkpoints({ list }: { list: Checkpoint[] }): React.JSX.Element {
  const { t, fmt } = useApp();
  if (list.length === 0) {
    return <Nothing>{t('training.no_checkpoints')}</Nothing>;
  }
  return (
    <div className="pai-tab-scroll">
      <table className="pai-table">
        <thead>
          <tr>
            <th scope="col">{t('training.ck_step')}</th>
            <th scope="col">{t('training.ck_loss')}</th>
            <th scope="col">{t('training.ck_size')}</th>
            <th scope="col">{t('training.ck_attempt')}</th>
            <th scope="col">{t('training.ck_time')}</th>
          </tr>
        </thead>
        <tbody>
          {list.map(checkpoint => (
            <tr key={`${checkpoint.attempt}-${checkpoint.step}`}>
              <td>
                <span className="pai-flow">
                  {fmt.number(checkpoint.step)}
                  {checkpoint.best ? <Chip tone="good">{t('training.best')}</Chip> : null}
                </span>
              </td>
              <td>{fmt.loss(checkpoint.eval_loss)}</td>
              <td>{fmt.bytes(checkpoint.bytes)}</td>
              <td>{fmt.number(checkpoint.attempt)}</td>
              <td>
                <When time={checkpoint.created} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** All that the job was asked. */
export function Configuration({ job }: { job: Job }): React.JSX.Element {
  const { core, t, fmt, lang } = useApp();
  const recipes = useRequest(() => core.api.training.recipes(), []).data;
  const titles = React.useMemo(() => {
    const recipe = recipes?.find(known => known.id === job.recipe);
    const fields = recipe ? fieldsOf(recipe.schema) : [];
    return new Map(fields.map(field => [field.path, inLanguage(lang, field.title)]));
  }, [recipes, job.recipe, lang]);
  const { inputs } = job;
  const facts: [string, React.ReactNode][] = [
    [t('training.conf_recipe'), <Ltr key="r">{job.recipe}</Ltr>],
    [
      t('training.conf_data'),
      <span key="d">
        <SafeText text={String(inputs['dataset_name'] ?? '')} />
        {typeof inputs['dataset_version'] === 'number'
          ? ` · ${t('versions.version', { n: fmt.number(inputs['dataset_version']) })}`
          : ''}
      </span>
    ],
    [
      t('training.conf_model'),
      inputs['model_name'] ? (
        <SafeText key="m" text={String(inputs['model_name'])} />
      ) : (
        t('training.from_scratch')
      )
    ],
    [t('training.conf_attempt'), <Ltr key="a">{job.attempt}</Ltr>],
    [t('training.conf_id'), <Ltr key="i">{job.id}</Ltr>]
  ];
  return (
    <div className="pai-tab-scroll">
      <table className="pai-table">
        <tbody>
          {facts.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value}</td>
            </tr>
          ))}
          {Object.entries(flat(job.options)).map(([name, value]) => (
            <tr key={name}>
              <th scope="row" title={name}>
                {titles.get(name) ?? <Ltr>{name}</Ltr>}
              </th>
              <td>
                {typeof value === 'string' && value ? (
                  <SafeText text={value} />
                ) : (
                  <Ltr>{value === null || value === '' ? '—' : String(value)}</Ltr>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function flat(options: Record<string, unknown>, before = ''): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).flatMap(([name, value]) =>
      value !== null && typeof value === 'object' && !Array.isArray(value)
        ? Object.entries(flat(value as Record<string, unknown>, `${before}${name}.`))
        : [[`${before}${name}`, value]]
    )
  );
}
