/*
 * All trainings, newest first.
 */
import * as React from 'react';

import { Bar, Button, Card, Chip, StateChip, When } from '../components/basics';
import { useStanding } from '../components/JobLine';
import { List } from '../components/List';
import { Page } from '../components/Page';
import { Empty, Failure, Loadable, Skeleton } from '../components/states';
import { useAction, useApp, useLive } from '../hooks';
import type { Job } from '../protocol';
import { MOST_RUNS } from '../state/compare';
import { ended, share } from '../state/job';
import { append } from '../state/list';

type Filter = 'all' | 'active' | 'ended';
const FILTERS: Filter[] = ['all', 'active', 'ended'];

function Row({ job }: { job: Job }): React.JSX.Element {
  const { t, fmt } = useApp();
  const standing = useStanding(job);
  const loss = job.latest['loss'];
  const { eta_seconds: eta } = job.progress;
  return (
    <div className="pai-job-row">
      <span className="pai-flow">
        <bdi className="pai-strong">{job.name}</bdi>
        <StateChip job={job} />
      </span>
      <small>
        <When time={job.created} />
      </small>
      {ended(job) ? null : (
        <Bar
          share={
            job.state === 'running'
              ? share(job.progress)
              : job.state === 'queued'
                ? 0
                : null
          }
          label={job.name}
        />
      )}
      <small className="pai-num">
        {ended(job) && job.progress.total
          ? t('panel.step_of', {
              done: fmt.number(job.progress.done),
              total: fmt.number(job.progress.total)
            })
          : standing}
        {typeof loss === 'number'
          ? ` · ${t('training.loss_now', { value: fmt.loss(loss) })}`
          : ''}
      </small>
      <small className="pai-num">
        {job.state === 'running' && typeof eta === 'number'
          ? t('panel.left', { time: fmt.span(eta) })
          : job.started && job.ended
            ? t('training.took', {
                time: fmt.span((Date.parse(job.ended) - Date.parse(job.started)) / 1000)
              })
            : ''}
      </small>
    </div>
  );
}

/** The list with a box at each training, and what is chosen so far. */
function Choosing({ jobs, onEnd }: { jobs: Job[]; onEnd: () => void }): React.JSX.Element {
  const { t, go, fmt } = useApp();
  const [chosen, setChosen] = React.useState<readonly string[]>([]);
  const full = chosen.length >= MOST_RUNS;
  const toggle = (id: string): void =>
    setChosen(chosen.includes(id) ? chosen.filter(known => known !== id) : [...chosen, id]);
  return (
    <Card
      title={
        full
          ? t('watch.compare_most', { n: fmt.number(MOST_RUNS) })
          : chosen.length
            ? t('watch.compare_chosen', { n: fmt.number(chosen.length) })
            : t('watch.compare_choose')
      }
      action={
        <span className="pai-acts">
          <Button onClick={onEnd}>{t('watch.compare_cancel')}</Button>
          <Button
            kind="primary"
            disabled={chosen.length < 2}
            onClick={() =>
              go({ page: 'training', view: 'compare', query: { ids: chosen.join() } })
            }
          >
            {t('watch.compare')}
          </Button>
        </span>
      }
    >
      <ul className="pai-list pai-choosing" aria-label={t('training.jobs')}>
        {jobs.map(job => (
          <li key={job.id}>
            <label className="pai-row">
              <input
                type="checkbox"
                checked={chosen.includes(job.id)}
                disabled={full && !chosen.includes(job.id)}
                onChange={() => toggle(job.id)}
              />
              <Row job={job} />
            </label>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Jobs({ jobs }: { jobs: Job[] }): React.JSX.Element {
  const { t, go, fmt } = useApp();
  const [choosing, setChoosing] = React.useState(false);
  const [filter, setFilter] = React.useState<Filter>('all');
  const of = (kind: Filter): Job[] =>
    jobs.filter(job => kind === 'all' || ended(job) === (kind === 'ended'));
  const shown = of(filter);
  return (
    <>
      <div className="pai-flow" role="group" aria-label={t('training.jobs')}>
        {FILTERS.map(kind => (
          <button
            key={kind}
            type="button"
            className="pai-filter"
            aria-pressed={filter === kind}
            onClick={() => setFilter(kind)}
          >
            <Chip tone={filter === kind ? 'accent' : 'quiet'}>
              {t(`training.filter_${kind}`)} {fmt.number(of(kind).length)}
            </Chip>
          </button>
        ))}
        {jobs.length > 1 && !choosing ? (
          <Button kind="quiet" icon="training" onClick={() => setChoosing(true)}>
            {t('watch.compare')}
          </Button>
        ) : null}
      </div>
      {choosing ? (
        <Choosing jobs={shown} onEnd={() => setChoosing(false)} />
      ) : (
        <Card>
          {shown.length ? (
            <List
              items={shown}
              label={t('training.jobs')}
              onOpen={(job, beside) => go({ page: 'training', id: job.id }, { beside })}
              render={job => <Row job={job} />}
            />
          ) : (
            <p className="pai-quiet pai-pad">{t('training.nothing_here')}</p>
          )}
        </Card>
      )}
    </>
  );
}

export function TrainingList(): React.JSX.Element {
  const { core, t, go } = useApp();
  const live = core.jobs();
  const view = useLive(live);
  const more = useAction(async (cursor: string) => {
    const page = await core.api.training.page({ limit: 50, cursor });
    live.update(list => append(list, page));
  });
  const cursor = view.state?.cursor ?? null;
  const create = (
    <Button
      kind="primary"
      icon="plus"
      onClick={() => go({ page: 'training', view: 'new' })}
    >
      {t('training.new')}
    </Button>
  );
  const empty = view.state?.items.length === 0;
  return (
    <Page
      title={t('training.title')}
      sentence={t('training.list_sentence')}
      actions={empty ? null : create}
    >
      <Loadable view={view} skeleton={<Skeleton lines={6} />}>
        {list =>
          list.items.length === 0 ? (
            <Card>
              <Empty icon="training" title={t('training.empty')} action={create}>
                {t('training.empty_help')}
              </Empty>
            </Card>
          ) : (
            <Jobs jobs={list.items} />
          )
        }
      </Loadable>
      {cursor ? (
        <Button busy={more.busy} onClick={() => void more.run(cursor)}>
          {t('training.load_more')}
        </Button>
      ) : null}
      {more.error ? <Failure error={more.error} onClose={more.clear} /> : null}
    </Page>
  );
}
