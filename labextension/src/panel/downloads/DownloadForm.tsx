/**
 * Asking for a repository by its id, for those who know it.
 */
import * as React from 'react';

import { Button, Card } from '../../components/basics';
import { ChoiceField } from '../../components/ChoiceField';
import { LtrField } from '../../components/LtrField';
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
        <LtrField
          label={t('downloads.repo')}
          value={repo}
          onChange={setRepo}
          help={t('downloads.repo_help')}
          error={tried && bad ? t('downloads.repo_bad') : undefined}
        />
        <ChoiceField
          label={t('downloads.type')}
          value={type}
          options={[
            ['model', t('downloads.type_model')],
            ['dataset', t('downloads.type_dataset')]
          ]}
          onChange={setType}
        />
        <LtrField
          label={t('downloads.revision')}
          value={revision}
          onChange={setRevision}
          help={t('downloads.revision_help')}
        />
        <Button kind="primary" type="submit" icon="downloads" busy={start.busy}>
          {t(start.busy ? 'downloads.starting' : 'downloads.start')}
        </Button>
      </form>
      <p className="pai-quiet pai-small">{t('downloads.trust')}</p>
      {start.error ? <Failure error={start.error} onClose={start.clear} /> : null}
    </Card>
  );
}
