/**
 * One job on a model: how far it is, what came of it, and what can be done about it.
 */
import * as React from 'react';

import { Button, Chip, Ltr } from '../../components/basics';
import { Icon } from '../../components/Icon';
import { JobFrame, RemoveButton, StopButton } from '../../components/JobFrame';
import { SafeText } from '../../components/SafeText';
import { useAction, useApp } from '../../hooks';
import { isKey } from '../../i18n';
import type { Job } from '../../protocol';
import { ended } from '../../state/job';
import { without } from '../../state/list';
import { JobProgress } from '../datasets/ImportJob';

/** See the module's comment. */
export function ModelJobRow({ job }: { job: Job }): React.JSX.Element {
  const { core, t } = useApp();
  const over = ended(job);
  const done = job.state === 'completed';
  const stop = useAction(() => core.api.models.stopJob(job.id));
  const retry = useAction(() => core.api.models.retryJob(job.id));
  const remove = useAction(async () => {
    await core.api.models.removeJob(job.id);
    core.modelJobs().update(state => without(state, job.id));
  });
  const word = `making.recipe_${job.recipe}`;
  return (
    <JobFrame
      job={job}
      deeds={[stop, retry, remove]}
      name={
        <>
          <Chip tone="quiet">{isKey(word) ? t(word) : job.recipe}</Chip>
          <SafeText text={job.name} className="pai-strong" />
        </>
      }
      acts={
        <>
          {done ? <Outcome job={job} /> : null}
          {over && !done ? (
            <Button icon="retry" busy={retry.busy} onClick={() => void retry.run()}>
              {t('panel.retry')}
            </Button>
          ) : null}
          {over ? (
            <RemoveButton
              title={t('making.remove_job')}
              label={t('making.remove_job_named', { name: job.name })}
              busy={remove.busy}
              onRemove={() => void remove.run()}
            />
          ) : (
            <StopButton job={job} stop={stop}>
              {t('versions.stop')}
            </StopButton>
          )}
        </>
      }
    >
      {over ? null : <JobProgress job={job} />}
      {done ? <OutcomeFacts job={job} /> : null}
    </JobFrame>
  );
}

/** What the results of these jobs may hold. */
interface Result {
  model_id?: string;
  files?: { name: string; bytes: number; sha256?: string }[] | number;
  bytes?: number;
  url?: string;
  revision?: string;
}

/** What one goes to from here. */
function Outcome({ job }: { job: Job }): React.JSX.Element | null {
  const { core, t, go } = useApp();
  const result = job.result as Result;
  const { model_id: made } = result;
  if (made) {
    return (
      <Button
        icon="models"
        aria-label={t('models.open_named', { name: job.name })}
        onClick={() => go({ page: 'models', id: made })}
      >
        {t('downloads.see_model')}
      </Button>
    );
  }
  if (job.recipe !== 'export') {
    return null;
  }
  const href = core.transport.url(core.api.models.filesPath(job.id));
  return href === null ? null : (
    <a className="pai-button pai-plain" href={href} download>
      <Icon name="downloads" />
      {t('making.export_download')}
    </a>
  );
}

/** The files of an export, or where a push went. */
function OutcomeFacts({ job }: { job: Job }): React.JSX.Element | null {
  const { t, fmt } = useApp();
  const result = job.result as Result;
  const { url } = result;
  if (job.recipe === 'push' && url) {
    return (
      <div className="pai-download-facts">
        <span>{t('making.pushed', { bytes: fmt.bytes(result.bytes ?? 0) })}</span>
        {/^https?:\/\//.test(url) ? (
          <a href={url} target="_blank" rel="noreferrer noopener">
            <Ltr>{url}</Ltr>
          </a>
        ) : (
          <Ltr>{url}</Ltr>
        )}
      </div>
    );
  }
  if (!Array.isArray(result.files)) {
    return null;
  }
  return (
    <ul className="pai-file-lines">
      {result.files.map(file => (
        <li key={file.name}>
          <SafeText text={file.name} dir="ltr" className="pai-ltr" />
          <small className="pai-num pai-quiet">{fmt.bytes(file.bytes)}</small>
          {file.sha256 ? (
            <small className="pai-quiet" title={file.sha256}>
              <Ltr>sha256 {file.sha256.slice(0, 12)}…</Ltr>
            </small>
          ) : null}
        </li>
      ))}
    </ul>
  );
}
