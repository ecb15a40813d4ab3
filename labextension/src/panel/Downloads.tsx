/**
 * The downloads page: ask for a repository of the Hub, watch it come, cancel, try again.
 */
import * as React from 'react';

import { Bar, Button, Card, Ltr, StateChip, When } from '../components/basics';
import { Confirm } from '../components/Dialog';
import { Field } from '../components/Field';
import { Page } from '../components/Page';
import { SafeText } from '../components/SafeText';
import { Empty, Failure, Loadable, Skeleton } from '../components/states';
import { useAction, useApp, useLive } from '../hooks';
import { ApiError } from '../errors';
import type { Job } from '../protocol';
import { append } from '../state/list';
import { ended, share } from '../state/job';

const REPO = /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?$/;

/** See the module's comment. */
export function Downloads(): React.JSX.Element {
  const { core, t } = useApp();
  const live = core.downloads();
  const view = useLive(live);
  const older = useAction(async (cursor: string) => {
    const page = await core.api.downloads.page({ limit: 50, cursor });
    live.update(state => append(state, page));
  });
  return (
    <Page title={t('downloads.title')} sentence={t('downloads.sentence')}>
      <DownloadForm />
      <Loadable view={view} skeleton={<Skeleton height={160} />}>
        {({ items, cursor }) =>
          items.length === 0 ? (
            <Card>
              <Empty icon="downloads" title={t('downloads.empty')}>
                {t('downloads.empty_help')}
              </Empty>
            </Card>
          ) : (
            <>
              <Card>
                <ul className="pai-list" aria-label={t('downloads.title')}>
                  {items.map(job => (
                    <li key={job.id}>
                      <Download job={job} />
                    </li>
                  ))}
                </ul>
              </Card>
              {cursor === null ? null : (
                <Button
                  kind="quiet"
                  busy={older.busy}
                  onClick={() => void older.run(cursor)}
                >
                  {t('downloads.older')}
                </Button>
              )}
              {older.error ? <Failure error={older.error} onClose={older.clear} /> : null}
            </>
          )
        }
      </Loadable>
    </Page>
  );
}

function DownloadForm(): React.JSX.Element {
  const { core, t } = useApp();
  const [repo, setRepo] = React.useState('');
  const [type, setType] = React.useState<'model' | 'dataset'>('model');
  const [revision, setRevision] = React.useState('main');
  const [tried, setTried] = React.useState(false);
  const bad = !REPO.test(repo.trim());
  const start = useAction(async () => {
    await core.api.downloads.start({
      repo_id: repo.trim(),
      repo_type: type,
      revision: revision.trim() || 'main'
    });
    setRepo('');
    setTried(false);
  });
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (!bad) {
      void start.run();
    }
  };
  return (
    <Card title={t('downloads.form')} className="pai-download-card">
      <form className="pai-download-form" onSubmit={submit} noValidate>
        <Field
          label={t('downloads.repo')}
          help={t('downloads.repo_help')}
          error={tried && bad ? t('downloads.repo_bad') : undefined}
        >
          {ids => (
            <input
              {...ids}
              className="pai-input pai-ltr"
              dir="ltr"
              spellCheck={false}
              autoCapitalize="off"
              value={repo}
              onChange={event => setRepo(event.currentTarget.value)}
            />
          )}
        </Field>
        <Field label={t('downloads.type')}>
          {ids => (
            <select
              {...ids}
              className="pai-input"
              value={type}
              onChange={event =>
                setType(event.currentTarget.value === 'dataset' ? 'dataset' : 'model')
              }
            >
              <option value="model">{t('downloads.type_model')}</option>
              <option value="dataset">{t('downloads.type_dataset')}</option>
            </select>
          )}
        </Field>
        <Field label={t('downloads.revision')} help={t('downloads.revision_help')}>
          {ids => (
            <input
              {...ids}
              className="pai-input pai-ltr"
              dir="ltr"
              spellCheck={false}
              value={revision}
              onChange={event => setRevision(event.currentTarget.value)}
            />
          )}
        </Field>
        <Button kind="primary" type="submit" icon="downloads" busy={start.busy}>
          {t(start.busy ? 'downloads.starting' : 'downloads.start')}
        </Button>
      </form>
      <p className="pai-quiet pai-small">{t('downloads.trust')}</p>
      {start.error ? <Failure error={start.error} onClose={start.clear} /> : null}
    </Card>
  );
}

function Download({ job }: { job: Job }): React.JSX.Element {
  const { core, t, fmt } = useApp();
  const live = core.downloads();
  const [asked, setAsked] = React.useState(false);
  const over = ended(job);
  const remove = useAction(async () => {
    await core.api.downloads.cancel(job.id);
    setAsked(false);
    if (over) {
      live.update(state => ({
        ...state,
        items: state.items.filter(one => one.id !== job.id)
      }));
    }
  });
  const retry = useAction(() => core.api.downloads.retry(job.id));
  const { progress } = job;
  const known = progress.total > 0 ? share(progress) : null;
  const again = job.state === 'failed' || job.state === 'stopped';
  return (
    <div className="pai-download">
      <div className="pai-download-head">
        <Ltr>{job.name}</Ltr>
        <StateChip job={job} />
        <small className="pai-quiet">
          <When time={job.ended ?? job.created} />
        </small>
        <div className="pai-acts">
          {again ? (
            <Button icon="retry" busy={retry.busy} onClick={() => void retry.run()}>
              {t('downloads.retry')}
            </Button>
          ) : null}
          {over ? (
            <Button
              kind="quiet"
              icon="trash"
              busy={remove.busy}
              title={t('downloads.remove')}
              aria-label={t('downloads.remove')}
              onClick={() => void remove.run()}
            />
          ) : (
            <Button kind="danger" disabled={job.stopping} onClick={() => setAsked(true)}>
              {t('downloads.cancel')}
            </Button>
          )}
        </div>
      </div>
      {over ? null : <Bar share={job.state === 'queued' ? 0 : known} label={job.name} />}
      {progress.done > 0 || !over ? (
        <div className="pai-download-facts pai-num">
          {progress.done > 0 ? (
            <span>
              {progress.total > 0
                ? t('downloads.progress', {
                    done: fmt.bytes(progress.done),
                    total: fmt.bytes(progress.total)
                  })
                : fmt.bytes(progress.done)}
            </span>
          ) : null}
          {!over && progress.speed > 0 ? (
            <span>{t('downloads.speed', { bytes: fmt.bytes(progress.speed) })}</span>
          ) : null}
          {!over && typeof progress.eta_seconds === 'number' ? (
            <span>{t('downloads.left', { time: fmt.span(progress.eta_seconds) })}</span>
          ) : null}
          {!over && progress.detail ? (
            <SafeText text={progress.detail} dir="ltr" className="pai-ltr" />
          ) : null}
        </div>
      ) : null}
      {job.error ? <Failure error={new ApiError(job.error)} /> : null}
      {retry.error ? <Failure error={retry.error} onClose={retry.clear} /> : null}
      {remove.error ? <Failure error={remove.error} onClose={remove.clear} /> : null}
      {asked && !over ? (
        <Confirm
          title={t('downloads.cancel_title')}
          action={t('downloads.cancel_yes')}
          danger
          busy={remove.busy}
          onConfirm={() => void remove.run()}
          onClose={() => setAsked(false)}
        >
          {t('downloads.cancel_help', { name: job.name })}
        </Confirm>
      ) : null}
    </div>
  );
}
