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

function Jobs({ jobs }: { jobs: Job[] }): React.JSX.Element {
  const { t, go, fmt } = useApp();
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
      </div>
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
