/**
 * Models that lie on this machine: in the caches of the Hub, or in any folder that is named. What
 * can be used is offered for the list, what can be made usable for conversion, the rest says why.
 */
import * as React from 'react';

import { inLine } from './modelWords';
import { Button, Card, Chip, Ltr } from '../../components/basics';
import { LtrField } from '../../components/LtrField';
import { SafeText } from '../../components/SafeText';
import { Sentence } from '../../components/Sentence';
import { Empty, Failure, Skeleton } from '../../components/states';
import { useAction, useApp } from '../../hooks';
import type { DetectedModel, Scanned } from '../../protocol';

/** See the module's comment. */
export function FoundTab(): React.JSX.Element {
  const { core, t, fmt } = useApp();
  const [path, setPath] = React.useState('');
  const [found, setFound] = React.useState<Scanned | null>(null);
  const scan = useAction(async (where: string) => {
    setFound(await core.api.models.scan({ path: where }));
  });
  const { run } = scan;
  React.useEffect(() => void run(''), [run]);
  const known = (at: string, id: string): void =>
    setFound(old =>
      old
        ? {
            ...old,
            items: old.items.map(one => (one.path === at ? { ...one, model_id: id } : one))
          }
        : old
    );
  return (
    <>
      <Card>
        <form
          className="pai-pad pai-scan"
          onSubmit={event => {
            event.preventDefault();
            void scan.run(path.trim());
          }}
        >
          <LtrField
            label={t('models.scan_path')}
            help={t('models.scan_help')}
            value={path}
            onChange={setPath}
          />
          <Button icon="search" type="submit" busy={scan.busy}>
            {t(path.trim() ? 'models.scan_folder' : 'models.scan_caches')}
          </Button>
        </form>
      </Card>
      {scan.error ? (
        <Failure error={scan.error} onRetry={() => void scan.run(path.trim())} />
      ) : null}
      {found === null ? (
        scan.error ? null : (
          <Skeleton height={160} />
        )
      ) : found.items.length === 0 ? (
        <Card>
          <Empty icon="search" title={t('models.scan_nothing')}>
            {t('models.scan_nothing_help')}
          </Empty>
        </Card>
      ) : (
        <Card
          title={t('models.scan_found', { n: fmt.number(found.items.length) })}
          action={found.complete ? null : <Chip tone="warm">{t('models.scan_more')}</Chip>}
        >
          <ul className="pai-list" aria-label={t('models.tab_found')}>
            {found.items.map(one => (
              <li key={one.path}>
                <FoundRow found={one} onKnown={known} />
              </li>
            ))}
          </ul>
        </Card>
      )}
    </>
  );
}

function FoundRow(props: {
  found: DetectedModel;
  onKnown: (path: string, id: string) => void;
}): React.JSX.Element {
  const { core, t, fmt, lang, go } = useApp();
  const { found } = props;
  const add = useAction(async () => {
    const model = await core.api.models.register({ path: found.path, name: found.name });
    props.onKnown(found.path, model.id);
  });
  const facts = [
    t(`models.where_${found.where}`),
    found.model?.parameters
      ? t('models.parameters', { n: fmt.short(found.model.parameters) })
      : '',
    found.bytes > 0 ? fmt.bytes(found.bytes) : '',
    found.model?.license ?? ''
  ];
  return (
    <div className="pai-detected">
      <div className="pai-detected-what">
        <span className="pai-row-title">
          <SafeText text={found.name} className="pai-strong" />
          {found.convertible ? (
            <Chip tone="warm">{t(`models.convertible_${found.convertible}`)}</Chip>
          ) : null}
          {found.model_id ? <Chip tone="good">{t('models.known')}</Chip> : null}
        </span>
        <small className="pai-quiet">{inLine(facts)}</small>
        <small className="pai-detected-path">
          <Ltr>{found.path}</Ltr>
        </small>
        {found.refused ? (
          <small className="pai-warm-text">
            <Sentence
              text={lang === 'fa' ? found.refused.message_fa : found.refused.message}
            />
          </small>
        ) : null}
        {add.error ? <Failure error={add.error} onClose={add.clear} /> : null}
      </div>
      {found.model_id ? (
        <Button
          onClick={() => go({ page: 'models', id: found.model_id })}
          aria-label={t('models.open_named', { name: found.name })}
        >
          {t('panel.open')}
        </Button>
      ) : found.convertible === 'pickle' || found.convertible === 'gguf' ? (
        <Button
          icon="upload"
          aria-label={t('making.convert_named', { name: found.name })}
          onClick={() =>
            go({ page: 'models', view: 'import', query: { path: found.path } })
          }
        >
          {t('making.convert')}
        </Button>
      ) : found.model && !found.refused ? (
        <Button
          icon="plus"
          busy={add.busy}
          aria-label={t('models.add_named', { name: found.name })}
          onClick={() => void add.run()}
        >
          {t('models.add')}
        </Button>
      ) : null}
    </div>
  );
}
