/**
 * One download: how far it is, how fast, and what can be done about it.
 */
import * as React from 'react';

import { Pace } from './Pace';
import { Bar, Button, Ltr } from '../../components/basics';
import { Confirm } from '../../components/Dialog';
import { JobFrame, RemoveButton } from '../../components/JobFrame';
import { SafeText } from '../../components/SafeText';
import { useAction, useApp } from '../../hooks';
import type { Job } from '../../protocol';
import { ended, paused, share } from '../../state/job';
import { without } from '../../state/list';

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
      live.update(state => without(state, job.id));
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
    <JobFrame
      job={job}
      deeds={[again, pause, remove]}
      name={<Ltr>{job.name}</Ltr>}
      acts={
        <>
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
            <RemoveButton
              title={t('downloads.remove')}
              busy={remove.busy}
              onRemove={() => void remove.run()}
            />
          ) : (
            <Button kind="danger" disabled={job.stopping} onClick={() => setAsked(true)}>
              {t('downloads.cancel')}
            </Button>
          )}
        </>
      }
    >
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
          {over ? null : <Pace progress={progress} />}
          {!over && progress.detail ? (
            <SafeText text={progress.detail} dir="ltr" className="pai-ltr" />
          ) : null}
        </div>
      ) : null}
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
    </JobFrame>
  );
}
