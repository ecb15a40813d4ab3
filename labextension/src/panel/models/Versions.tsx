/**
 * The versions of a model: which one is used, what each is and did, and moving between them.
 */
import * as React from 'react';

import { DeleteDialog } from './DeleteDialog';
import { figureList } from './ModelFigures';
import { inLine, useFigureName, useFigureValue, useSource } from './modelWords';
import { useKept } from './useKept';
import { VersionAddDialog } from './VersionAddDialog';
import { Button, Card, Chip, Ltr, When } from '../../components/basics';
import { Icon } from '../../components/Icon';
import { SafeText } from '../../components/SafeText';
import { Failure, Skeleton } from '../../components/states';
import { useAction, useApp, useRequest } from '../../hooks';
import type { Model, ModelVersion } from '../../protocol';

/** Figures of a version that are shown in its line. */
const FIGURES = 3;

/** See the module's comment. `still` shows them without anything that changes them. */
export function Versions(props: { model: Model; still?: boolean }): React.JSX.Element {
  const { core, t, go } = useApp();
  const { model, still = false } = props;
  const keep = useKept();
  const versions = useRequest(
    () => core.api.models.versions(model.id),
    [model.id, model.seq, model.version, model.versions]
  );
  const [adding, setAdding] = React.useState(false);
  const [leaving, setLeaving] = React.useState<number | null>(null);
  const promote = useAction(async (number: number) => {
    keep(await core.api.models.promote(model.id, number));
    versions.reload();
  });
  const back = useAction(async () => {
    keep(await core.api.models.rollback(model.id));
    versions.reload();
  });
  const failed = promote.error ?? back.error;
  const list = [...(versions.data ?? [])].sort((a, b) => b.number - a.number);
  return (
    <>
      {still ? null : (
        <div className="pai-flow">
          <Button
            icon="training"
            onClick={() =>
              go({
                page: 'training',
                view: 'new',
                query: { model: model.id, version_of: model.id }
              })
            }
          >
            {t('registry.train_version')}
          </Button>
          <Button icon="plus" onClick={() => setAdding(true)}>
            {t('registry.add_version')}
          </Button>
          {model.can_roll_back ? (
            <Button icon="retry" busy={back.busy} onClick={() => void back.run()}>
              {t('registry.roll_back')}
            </Button>
          ) : null}
        </div>
      )}
      {failed ? (
        <Failure error={failed} onClose={promote.error ? promote.clear : back.clear} />
      ) : null}
      {versions.error ? <Failure error={versions.error} onRetry={versions.reload} /> : null}
      {versions.data ? (
        <Card>
          <ul className="pai-list" aria-label={t('registry.tab_versions')}>
            {list.map(version => (
              <li key={version.number} aria-current={version.current || undefined}>
                <VersionRow
                  model={model}
                  version={version}
                  still={still}
                  busy={promote.busy}
                  onPromote={() => void promote.run(version.number)}
                  onDelete={() => setLeaving(version.number)}
                />
              </li>
            ))}
          </ul>
        </Card>
      ) : versions.error ? null : (
        <Skeleton height={160} />
      )}
      {still ? null : <p className="pai-quiet pai-small">{t('registry.versions_help')}</p>}
      {adding ? (
        <VersionAddDialog
          model={model}
          onAdded={versions.reload}
          onClose={() => setAdding(false)}
        />
      ) : null}
      {leaving !== null ? (
        <DeleteDialog
          model={model}
          version={leaving}
          onDeleted={versions.reload}
          onClose={() => setLeaving(null)}
        />
      ) : null}
    </>
  );
}

function VersionRow(props: {
  model: Model;
  version: ModelVersion;
  still: boolean;
  busy: boolean;
  onPromote: () => void;
  onDelete: () => void;
}): React.JSX.Element {
  const { core, t, fmt, go } = useApp();
  const { model, version, still } = props;
  const sourceOf = useSource();
  const nameOf = useFigureName();
  const valueOf = useFigureValue();
  const n = fmt.number(version.number);
  const facts = [
    sourceOf(version.source),
    version.parameters ? t('models.parameters', { n: fmt.short(version.parameters) }) : '',
    version.dtype,
    fmt.bytes(version.bytes)
  ];
  const href = core.transport.url(core.api.models.downloadPath(model.id, version.number));
  const { job_id: job } = version;
  return (
    <div className="pai-version">
      <div className="pai-version-what">
        <span className="pai-row-title">
          <strong>{t('registry.version', { n })}</strong>
          {version.current ? <Chip tone="good">{t('registry.in_use')}</Chip> : null}
          {version.present ? null : <Chip tone="bad">{t('registry.gone')}</Chip>}
          <small className="pai-quiet">
            <When time={version.created} />
          </small>
        </span>
        <small className="pai-quiet">{inLine(facts)}</small>
        {version.revision ? (
          <small className="pai-quiet">
            <Ltr title={version.revision}>
              {version.repo_id} @ {version.revision.slice(0, 12)}
            </Ltr>
          </small>
        ) : null}
        {version.note ? (
          <SafeText text={version.note} className="pai-version-note" />
        ) : null}
        <span className="pai-version-figures">
          {figureList(version.figures)
            .slice(0, FIGURES)
            .map(([name, value]) => (
              <span key={name}>
                {nameOf(name) ?? <Ltr>{name}</Ltr>}{' '}
                <b className="pai-num">{valueOf(value)}</b>
              </span>
            ))}
          {job && version.source === 'trained' && !still ? (
            <button
              type="button"
              className="pai-link pai-accent-text"
              onClick={() => go({ page: 'training', id: job })}
            >
              {t('models.open_job')}
            </button>
          ) : null}
        </span>
      </div>
      {still ? null : (
        <div className="pai-acts">
          {version.current || !version.present ? null : (
            <Button
              icon="check"
              busy={props.busy}
              aria-label={t('registry.use_named', { n })}
              onClick={props.onPromote}
            >
              {t('registry.use')}
            </Button>
          )}
          {href !== null && version.present ? (
            <a
              className="pai-button pai-quiet pai-bare"
              href={href}
              download
              title={t('making.download_zip')}
              aria-label={t('registry.download_named', { n })}
            >
              <Icon name="downloads" />
            </a>
          ) : null}
          {version.current ? null : (
            <Button
              kind="quiet"
              icon="trash"
              title={t('panel.delete')}
              aria-label={t('registry.delete_named', { n })}
              onClick={props.onDelete}
            />
          )}
        </div>
      )}
    </div>
  );
}
