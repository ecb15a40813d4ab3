/**
 * The one thing to do next about a repository: download it, bring it in, use it, or watch it come.
 */
import * as React from 'react';

import { Bar, Button } from '../../components/basics';
import { Icon } from '../../components/Icon';
import { Sentence } from '../../components/Sentence';
import { Failure } from '../../components/states';
import type { Core } from '../../core';
import { ApiError, toApiError } from '../../errors';
import { useAction, useApp } from '../../hooks';
import { inLanguage } from '../../i18n';
import { newKey } from '../../key';
import type { Job, Note } from '../../protocol';
import type { RepoType } from '../../routes-catalogue';
import { standOf } from '../../state/catalogue';
import { share } from '../../state/job';
import { AUTOMATIC, askOf, importPlace } from '../datasets/importing';

export interface Wanted {
  type: RepoType;
  repo: string;
  name: string;
  installed: 'no' | 'registered' | 'fetched';
  open?: boolean;
  path?: string;
  model?: string;
  job: Job | undefined;
  /** Why the Hub's files would not be fetched, when that is known. */
  refused?: boolean;
  /** Whether there is room to say why the last download failed. */
  told?: boolean;
}

/**
 * Why the Hub's files would not be fetched. A private repository is not known without a token,
 * which the download may have; so it is tried.
 */
async function refusal(core: Core, type: RepoType, repo: string): Promise<Note | null> {
  try {
    return (await core.api.catalogue.repo(type, repo)).refused;
  } catch (reason) {
    if (toApiError(reason).body.code === 'not_found') {
      return null;
    }
    throw reason;
  }
}

/** See the module's comment. `primary` where it is the page's main action. */
export function Actions({
  wanted,
  primary = false,
  onChange
}: {
  wanted: Wanted;
  primary?: boolean;
  onChange: () => void;
}): React.JSX.Element | null {
  const { core, t, lang, go } = useApp();
  const { type, repo, name, job } = wanted;
  const kind = primary ? 'primary' : 'plain';
  const [key, setKey] = React.useState(newKey);
  const [refused, setRefused] = React.useState<Note | null>(null);
  const act = useAction(async (): Promise<void> => {
    if (type === 'dataset') {
      const source = { kind: 'hub' as const, repo, revision: 'main', files: [] };
      const made = await core.api.datasets.read(askOf(source, AUTOMATIC), key);
      setKey(newKey());
      go(importPlace(source, AUTOMATIC, made.id));
      return;
    }
    if (wanted.installed === 'fetched') {
      const model = await core.api.models.register({ path: wanted.path ?? '', name });
      onChange();
      go({ page: 'models', id: model.id });
      return;
    }
    // An absent Hub, or files that are never fetched, are said here and not by a job later.
    const why = await refusal(core, type, repo);
    setRefused(why);
    if (!why) {
      await core.api.downloads.start({ repo_id: repo, repo_type: type, revision: 'main' });
    }
  });
  const stand = standOf(wanted, job);
  const told = job?.error ? new ApiError(job.error) : null;
  const shown = (): React.JSX.Element | null => {
    if (stand === 'running' && job) {
      const { progress } = job;
      return (
        <div className="pai-shelf-running">
          <Bar
            share={job.state === 'queued' ? 0 : share(progress)}
            label={t('downloads.see_running_named', { name })}
          />
          <Button
            kind="quiet"
            aria-label={t('downloads.see_running_named', { name })}
            onClick={() => go({ page: 'downloads', view: 'running' })}
          >
            {t('downloads.see_running')}
          </Button>
        </div>
      );
    }
    if (stand === 'registered') {
      const id = wanted.model;
      return id ? (
        <Button
          icon="models"
          kind={kind}
          aria-label={t('downloads.see_model_named', { name })}
          onClick={() => go({ page: 'models', id })}
        >
          {t('downloads.see_model')}
        </Button>
      ) : null;
    }
    if (stand === 'closed' || wanted.refused) {
      return null;
    }
    const verb = type === 'dataset' ? 'import' : stand === 'fetched' ? 'add' : 'get';
    return (
      <Button
        icon={verb === 'add' ? 'plus' : 'downloads'}
        kind={kind}
        busy={act.busy}
        aria-label={t(`downloads.${verb}_named`, { name })}
        onClick={() => void act.run()}
      >
        {t(`downloads.${verb}`)}
      </Button>
    );
  };
  return (
    <>
      {shown()}
      {refused ? (
        <p className="pai-warned pai-small" role="alert">
          <Icon name="warning" />
          <span>
            {t('downloads.files_refused')} <Sentence text={inLanguage(lang, refused)} />
          </span>
        </p>
      ) : null}
      {told && stand === 'failed' && wanted.told ? <Failure error={told} /> : null}
      {act.error ? <Failure error={act.error} onClose={act.clear} /> : null}
    </>
  );
}
