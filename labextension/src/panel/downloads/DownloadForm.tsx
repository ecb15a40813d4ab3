/**
 * Asking for a repository by its id, for those who know it.
 */
import * as React from 'react';

import { Button, Card } from '../../components/basics';
import { Field } from '../../components/Field';
import { Failure } from '../../components/states';
import { useAction, useApp } from '../../hooks';

const REPO = /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?$/;

/** See the module's comment. */
export function DownloadForm(): React.JSX.Element {
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
