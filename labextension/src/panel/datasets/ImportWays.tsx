/**
 * The ways to bring data in: a file of this computer, a path on the server, a dataset of the Hub, a
 * sample. Each only says what is chosen.
 */
import * as React from 'react';

import { ENDINGS, type ImportSource } from './importing';
import { DatasetSamples } from './Samples';
import { Button, Card } from '../../components/basics';
import { DropZone } from '../../components/DropZone';
import { Field } from '../../components/Field';
import { LtrField } from '../../components/LtrField';
import { PathForm } from '../../components/PathForm';
import { Tabs } from '../../components/Tabs';
import { useApp } from '../../hooks';

const REPO = /^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?$/;

/** See the module's comment. */
export function ImportWays(props: {
  onFile: (file: File) => void;
  onPath: (path: string) => void;
  onHub: (source: ImportSource & { kind: 'hub' }) => void;
  busy: boolean;
}): React.JSX.Element {
  const { t } = useApp();
  const [way, setWay] = React.useState('file');
  return (
    <Card>
      <Tabs
        label={t('bring.ways')}
        value={way}
        onChange={setWay}
        items={[
          { id: 'file', label: t('bring.from_file') },
          { id: 'path', label: t('bring.from_path') },
          { id: 'hub', label: t('bring.from_hub') },
          { id: 'sample', label: t('bring.from_sample') }
        ]}
      />
      <div className="pai-pad">
        {way === 'file' ? (
          <DropZone
            title={t('bring.drop')}
            or={t('bring.drop_or')}
            choose={t('bring.drop_choose')}
            help={t('bring.drop_help')}
            kind="primary"
            accept={ENDINGS}
            onFiles={([file]) => props.onFile(file)}
          />
        ) : way === 'path' ? (
          <PathForm
            label={t('bring.path')}
            help={t('bring.path_help')}
            action={t('bring.path_go')}
            kind="primary"
            onPath={props.onPath}
          />
        ) : way === 'hub' ? (
          <HubForm onHub={props.onHub} busy={props.busy} />
        ) : (
          <DatasetSamples />
        )}
      </div>
    </Card>
  );
}

function HubForm(props: {
  onHub: (source: ImportSource & { kind: 'hub' }) => void;
  busy: boolean;
}): React.JSX.Element {
  const { t } = useApp();
  const [repo, setRepo] = React.useState('');
  const [revision, setRevision] = React.useState('main');
  const [files, setFiles] = React.useState('');
  const [tried, setTried] = React.useState(false);
  const bad = !REPO.test(repo.trim());
  return (
    <form
      className="pai-stack"
      noValidate
      onSubmit={event => {
        event.preventDefault();
        setTried(true);
        if (!bad) {
          props.onHub({
            kind: 'hub',
            repo: repo.trim(),
            revision: revision.trim() || 'main',
            files: files
              .split('\n')
              .map(name => name.trim())
              .filter(name => name !== '')
          });
        }
      }}
    >
      <div className="pai-hub-form">
        <LtrField
          label={t('bring.repo')}
          value={repo}
          onChange={setRepo}
          help={t('bring.repo_help')}
          error={tried && bad ? t('bring.repo_bad') : undefined}
        />
        <LtrField
          label={t('bring.revision')}
          value={revision}
          onChange={setRevision}
          help={t('bring.revision_help')}
        />
      </div>
      <Field label={t('bring.files')} help={t('bring.files_help')}>
        {ids => (
          <textarea
            {...ids}
            className="pai-input pai-ltr"
            dir="ltr"
            rows={3}
            spellCheck={false}
            value={files}
            onChange={event => setFiles(event.currentTarget.value)}
          />
        )}
      </Field>
      <div className="pai-flow">
        <Button kind="primary" type="submit" icon="downloads" busy={props.busy}>
          {t('bring.hub_go')}
        </Button>
        <small className="pai-quiet">{t('bring.hub_trust')}</small>
      </div>
    </form>
  );
}
