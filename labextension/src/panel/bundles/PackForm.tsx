/**
 * What is packed, in parts of which size, and whereto. A place may name what it begins with
 * (`subject` and `id` in its query).
 */
import * as React from 'react';

import { Button, Card } from '../../components/basics';
import { ChoiceField } from '../../components/ChoiceField';
import { DecimalField } from '../../components/DecimalField';
import { LtrField } from '../../components/LtrField';
import { Failure } from '../../components/states';
import { useAction, useApp, useLive, useRequest } from '../../hooks';
import { newKey } from '../../key';
import { PART_CHOICES, partBytes, type PartChoice } from '../../state/bundles';

type Subject = 'model' | 'dataset';

/** See the module's comment. */
export function PackForm(): React.JSX.Element {
  const { core, t, route } = useApp();
  const models = useLive(core.models()).state?.items;
  const datasets = useLive(core.datasets()).state?.items;
  const begin = route.query ?? {};
  const [subject, setSubject] = React.useState<Subject>(
    begin['subject'] === 'dataset' ? 'dataset' : 'model'
  );
  const [wanted, setWanted] = React.useState(begin['id'] ?? '');
  const [version, setVersion] = React.useState('');
  const [size, setSize] = React.useState<PartChoice>('whole');
  const [own, setOwn] = React.useState('');
  const [folder, setFolder] = React.useState('');
  const [tried, setTried] = React.useState(false);
  const [key, setKey] = React.useState(newKey);
  const things = subject === 'model' ? models : datasets;
  const id = things?.find(one => one.id === wanted)?.id ?? things?.[0]?.id ?? '';
  const bytes = partBytes(size, own);
  const pack = useAction(async (part: number) => {
    await core.api.bundles.pack(
      {
        subject,
        id,
        version: version === '' ? null : Number(version),
        part_bytes: part,
        folder: folder.trim()
      },
      key
    );
    setKey(newKey());
    setTried(false);
  });
  return (
    <Card title={t('bundles.pack')}>
      <form
        className="pai-pad pai-stack"
        noValidate
        onSubmit={event => {
          event.preventDefault();
          setTried(true);
          if (bytes !== null && id !== '') {
            void pack.run(bytes);
          }
        }}
      >
        <div className="pai-pair">
          <ChoiceField
            label={t('bundles.subject')}
            value={subject}
            options={[
              ['model', t('bundles.subject_model')],
              ['dataset', t('bundles.subject_dataset')]
            ]}
            onChange={value => {
              setSubject(value);
              setWanted('');
              setVersion('');
            }}
          />
          <ChoiceField
            label={t(subject === 'model' ? 'bundles.which_model' : 'bundles.which_dataset')}
            value={id}
            options={(things ?? []).map(one => [one.id, one.name] as const)}
            onChange={value => {
              setWanted(value);
              setVersion('');
            }}
          />
          <VersionChoice
            key={`${subject}:${id}`}
            subject={subject}
            id={id}
            value={version}
            onChange={setVersion}
          />
        </div>
        {things?.length === 0 ? (
          <p className="pai-quiet" role="status">
            {t(subject === 'model' ? 'bundles.no_models' : 'bundles.no_datasets')}
          </p>
        ) : null}
        <div className="pai-pair">
          <ChoiceField
            label={t('bundles.part_size')}
            value={size}
            options={PART_CHOICES.map(
              choice => [choice, t(`bundles.part_${choice}`)] as const
            )}
            onChange={setSize}
          />
          {size === 'own' ? (
            <DecimalField
              label={t('bundles.part_own_mb')}
              error={tried && bytes === null ? t('bundles.part_bad') : undefined}
              value={own}
              onChange={setOwn}
            />
          ) : null}
        </div>
        <LtrField
          label={t('bundles.folder')}
          value={folder}
          onChange={setFolder}
          help={t('bundles.folder_help')}
        />
        <div className="pai-flow">
          <Button kind="primary" type="submit" busy={pack.busy} disabled={id === ''}>
            {t('bundles.pack_go')}
          </Button>
        </div>
        {pack.error ? <Failure error={pack.error} onClose={pack.clear} /> : null}
      </form>
    </Card>
  );
}

/** Nothing where there is only one version. */
function VersionChoice(props: {
  subject: Subject;
  id: string;
  value: string;
  onChange: (value: string) => void;
}): React.JSX.Element | null {
  const { core, t, fmt } = useApp();
  const { subject, id } = props;
  const numbers = useRequest(async () => {
    if (id === '') {
      return [];
    }
    const versions =
      subject === 'model'
        ? await core.api.models.versions(id)
        : await core.api.datasets.versions(id);
    return versions.map(one => one.number);
  }, [subject, id]);
  if ((numbers.data?.length ?? 0) < 2) {
    return null;
  }
  return (
    <ChoiceField
      label={t('bundles.version')}
      value={props.value}
      options={[
        ['', t(subject === 'model' ? 'bundles.version_current' : 'bundles.version_newest')],
        ...(numbers.data ?? []).map(
          n => [String(n), t('bundles.version_is', { n: fmt.number(n) })] as const
        )
      ]}
      onChange={props.onChange}
    />
  );
}
