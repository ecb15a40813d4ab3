/**
 * The lines of a file that cannot be used: how many of each kind, and each with its place, its field,
 * a sample and what to do. A part at a time, however many there are.
 */
import * as React from 'react';

import { useProblemNames } from './problemNames';
import { Card } from '../../components/basics';
import { Icon } from '../../components/Icon';
import { Pager } from '../../components/Pager';
import { SafeText } from '../../components/SafeText';
import { Sentence } from '../../components/Sentence';
import { Empty, Failure, Skeleton } from '../../components/states';
import { useApp, useRequest } from '../../hooks';
import type { DatasetProblemLine } from '../../protocol';
import { TableFrame } from '../../components/TableFrame';

const LIMIT = 50;

/** The problems of a file that a job has read. */
export function Problems({ job }: { job: string }): React.JSX.Element {
  const { core, t, fmt } = useApp();
  const nameOf = useProblemNames();
  const [code, setCode] = React.useState('');
  const [offset, setOffset] = React.useState(0);
  const asked = useRequest(
    () => core.api.datasets.problems(job, { offset, limit: LIMIT, code }),
    [job, offset, code]
  );
  const href = core.transport.url(core.api.datasets.problemsPath(job));
  const { data, error } = asked;
  const kinds = Object.entries(data?.codes ?? {}).sort(([, a], [, b]) => b - a);
  const all = kinds.reduce((sum, [, count]) => sum + count, 0);
  const choose = (chosen: string): void => {
    setCode(chosen);
    setOffset(0);
  };
  return (
    <Card
      title={t('bring.problems')}
      action={
        href && all > 0 ? (
          <a className="pai-button" href={href} download>
            <Icon name="downloads" />
            {t('bring.problems_csv')}
          </a>
        ) : undefined
      }
    >
      {error ? <Failure error={error} onRetry={asked.reload} /> : null}
      {!data && !error ? (
        <div className="pai-pad">
          <Skeleton lines={6} />
        </div>
      ) : null}
      {data && all === 0 ? <Empty icon="check" title={t('bring.problems_none')} /> : null}
      {data && all > 0 ? (
        <>
          {kinds.length > 1 ? (
            <div className="pai-filters" role="group" aria-label={t('bring.problems')}>
              <Kind
                name={t('bring.problems_all')}
                count={fmt.short(all)}
                on={code === ''}
                onChoose={() => choose('')}
              />
              {kinds.map(([kind, count]) => (
                <Kind
                  key={kind}
                  name={nameOf(kind)}
                  count={fmt.short(count)}
                  on={kind === code}
                  onChoose={() => choose(kind === code ? '' : kind)}
                />
              ))}
            </div>
          ) : null}
          <ProblemTable problems={data.items} />
          <Pager offset={offset} limit={LIMIT} total={data.total} onOffset={setOffset} />
        </>
      ) : null}
    </Card>
  );
}

function Kind(props: {
  name: string;
  count: string;
  on: boolean;
  onChoose: () => void;
}): React.JSX.Element {
  return (
    <button
      type="button"
      className="pai-toggle"
      aria-pressed={props.on}
      onClick={props.onChoose}
    >
      {props.name} <span className="pai-num">{props.count}</span>
    </button>
  );
}

/** Where a problem is: a line, with its file as editors write it. */
function placeOf(problem: DatasetProblemLine, line: string): string {
  return problem.file === '' ? line : `${problem.file}:${problem.line}`;
}

/** Problems in a table. */
export function ProblemTable({
  problems
}: {
  problems: readonly DatasetProblemLine[];
}): React.JSX.Element {
  const { t, fmt, lang } = useApp();
  return (
    <TableFrame label={t('bring.problems')} className="pai-problems">
      <table className="pai-table">
        <thead>
          <tr>
            <th scope="col">{t('bring.where')}</th>
            <th scope="col">{t('bring.field')}</th>
            <th scope="col">{t('bring.why')}</th>
            <th scope="col">{t('bring.sample')}</th>
          </tr>
        </thead>
        <tbody>
          {problems.map((problem, index) => (
            <tr key={index}>
              <td className="pai-num">
                <SafeText text={placeOf(problem, fmt.number(problem.line))} dir="ltr" />
              </td>
              <td>
                <SafeText text={problem.field ?? ''} className="pai-ltr" />
              </td>
              <td>
                <Sentence text={lang === 'fa' ? problem.message_fa : problem.message} />
              </td>
              <td>
                <SafeText text={problem.sample} className="pai-cell-sample" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}
