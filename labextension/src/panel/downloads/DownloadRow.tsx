/**
 * One download: how far it is, how fast, and what can be done about it.
 */
import * as React from 'react';

import { Bar, Button, Ltr, StateChip, When } from '../../components/basics';
import { Confirm } from '../../components/Dialog';
import { SafeText } from '../../components/SafeText';
import { Failure } from '../../components/states';
import { ApiError } from '../../errors';
import { useAction, useApp } from '../../hooks';
import type { Job } from '../../protocol';
import { ended, paused, share } from '../../state/job';

/** See the module's comment. */
export function DownloadRow({ job }: { job: Job }): React.JSX.Element {
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
  const waits = paused(job);
  const again = useAction(() =>
    waits ? core.api.downloads.resume(job.id) : core.api.downloads.retry(job.id)
  );
  const pause = useAction(() => core.api.downloads.pause(job.id));
  const { progress } = job;
  const known = progress.total > 0 ? share(progress) : null;
  const unfinished = job.state === 'failed' || job.state === 'stopped';
  return (
    <div className="pai-download">
      <div className="pai-download-head">
        <Ltr>{job.name}</Ltr>
        <StateChip job={job} />
        <small className="pai-quiet">
          <When time={job.ended ?? job.created} />
        </small>
        <div className="pai-acts">
          {unfinished ? (
            <Button
              icon={waits ? 'play' : 'retry'}
              busy={again.busy}
              onClick={() => void again.run()}
            >
              {t(waits ? 'training.resume' : 'downloads.retry')}
            </Button>
          ) : null}
          {over ? null : (
            <Button
              icon="pause"
              busy={pause.busy}
              disabled={job.stopping}
              onClick={() => void pause.run()}
            >
              {t(job.pausing ? 'watch.pausing' : 'watch.pause')}
            </Button>
          )}
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
      {again.error ? <Failure error={again.error} onClose={again.clear} /> : null}
      {pause.error ? <Failure error={pause.error} onClose={pause.clear} /> : null}
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
