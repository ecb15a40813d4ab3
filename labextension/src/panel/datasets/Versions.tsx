/**
 * The versions of a dataset, newest first: what made each, and what can be done with it; and how one
 * came to be another.
 */
import * as React from 'react';

import { forced } from './DeleteDialog';
import { ChangedRows } from './StepsPreview';
import { useStepWords } from './stepWords';
import { Button, Card, Chip, When } from '../../components/basics';
import { Confirm } from '../../components/Dialog';
import { Menu, MenuItem } from '../../components/Popover';
import { Pager } from '../../components/Pager';
import { SafeText } from '../../components/SafeText';
import { Empty, Failure, Skeleton } from '../../components/states';
import { useAction, useApp, useRequest } from '../../hooks';
import type { DatasetVersion } from '../../protocol';

const LIMIT = 50;

/** Two versions beside each other. */
export interface Pair {
  from: number;
  to: number;
}

/** See the module's comment. */
export function Versions(props: {
  dataset: string;
  versions: readonly DatasetVersion[];
  pair: Pair | null;
  onOpen: (number: number) => void;
  onPair: (pair: Pair) => void;
  onTrain: (number: number) => void;
  onChanged: () => void;
}): React.JSX.Element {
  const { core, t, fmt } = useApp();
  const { dataset, versions, pair } = props;
  const [gone, setGone] = React.useState<number | null>(null);
  const remove = useAction(async (number: number, force: boolean) => {
    await core.api.datasets.removeVersion(dataset, number, force);
    setGone(null);
    props.onChanged();
  });
  const newest = versions[0]?.number;
  return (
    <>
      <Card>
        <ol className="pai-versions">
          {versions.map(version => (
            <li key={version.number}>
              <VersionLine
                version={version}
                newest={version.number === newest}
                alone={versions.length === 1}
                {...props}
                onRemove={() => setGone(version.number)}
              />
            </li>
          ))}
        </ol>
      </Card>
      {versions.length > 1 ? (
        <Diff
          dataset={dataset}
          versions={versions}
          pair={pair ?? { from: versions[1]?.number ?? 1, to: versions[0]?.number ?? 1 }}
          onPair={props.onPair}
        />
      ) : null}
      {gone === null ? null : (
        <Confirm
          title={t('versions.delete_version_title', { n: fmt.number(gone) })}
          action={t(forced(remove.error) ? 'versions.delete_anyway' : 'panel.delete')}
          danger
          busy={remove.busy}
          onConfirm={() => void remove.run(gone, forced(remove.error))}
          onClose={() => {
            remove.clear();
            setGone(null);
          }}
        >
          {t('versions.delete_version_help')}
          {remove.error ? <Failure error={remove.error} /> : null}
        </Confirm>
      )}
    </>
  );
}

function VersionLine(props: {
  version: DatasetVersion;
  newest: boolean;
  alone: boolean;
  onOpen: (number: number) => void;
  onPair: (pair: Pair) => void;
  onTrain: (number: number) => void;
  onRemove: () => void;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  const words = useStepWords();
  const { version, newest, alone } = props;
  const { number, parent_number: parent } = version;
  return (
    <div className="pai-version">
      <div className="pai-version-what">
        <span className="pai-flow">
          <button
            type="button"
            className="pai-link pai-strong"
            onClick={() => props.onOpen(number)}
          >
            {t('versions.version', { n: fmt.number(number) })}
          </button>
          {newest ? <Chip tone="accent">{t('versions.newest')}</Chip> : null}
          {version.normaliser ? <Chip tone="good">{t('versions.normalised')}</Chip> : null}
          <small className="pai-quiet pai-num">
            {t('datasets.rows', { n: fmt.number(version.report.stats.rows) })} ·{' '}
            {fmt.bytes(version.bytes)} · <When time={version.created} />
          </small>
        </span>
        {version.note ? <SafeText text={version.note} /> : null}
        {version.recipe.length === 0 ? (
          <small className="pai-quiet">
            {version.parent_dataset_id
              ? t('versions.made_from_other')
              : t('versions.imported')}
          </small>
        ) : (
          <div className="pai-flow">
            <ol className="pai-recipe">
              {version.recipe.map((step, place) => (
                <li key={place} title={words.summary(step) || undefined}>
                  {words.title(step.kind ?? '')}
                </li>
              ))}
            </ol>
            {parent === null || version.parent_dataset_id !== version.dataset_id ? null : (
              <small className="pai-quiet">
                {t('versions.made_from', { n: fmt.number(parent) })}
              </small>
            )}
          </div>
        )}
      </div>
      <div className="pai-acts">
        {parent !== null && version.parent_dataset_id === version.dataset_id ? (
          <Button onClick={() => props.onPair({ from: parent, to: number })}>
            {t('versions.compare')}
          </Button>
        ) : null}
        <Button icon="training" onClick={() => props.onTrain(number)}>
          {t('versions.train')}
        </Button>
        <Menu label={t('panel.more')} icon="more" edge="end">
          <MenuItem icon="search" onChoose={() => props.onOpen(number)}>
            {t('versions.open')}
          </MenuItem>
          {alone ? null : (
            <MenuItem icon="trash" danger onChoose={() => props.onRemove()}>
              {t('versions.delete_version')}
            </MenuItem>
          )}
        </Menu>
      </div>
    </div>
  );
}

function Diff(props: {
  dataset: string;
  versions: readonly DatasetVersion[];
  pair: Pair;
  onPair: (pair: Pair) => void;
}): React.JSX.Element {
  const { core, t, fmt } = useApp();
  const { dataset, versions, pair } = props;
  const [offset, setOffset] = React.useState(0);
  const { from, to } = pair;
  React.useEffect(() => setOffset(0), [from, to]);
  const diff = useRequest(
    async () => ({
      pair: `${from} ${to}`,
      said: await core.api.datasets.diff(dataset, { from, to, offset, limit: LIMIT })
    }),
    [dataset, from, to, offset]
  );
  const shape = versions.find(one => one.number === from)?.shape ?? 'text';
  const said = diff.data?.pair === `${from} ${to}` ? diff.data.said : undefined;
  return (
    <Card
      title={t('versions.diff', { from: fmt.number(from), to: fmt.number(to) })}
      action={
        <div className="pai-flow pai-pair">
          <Choose
            label={t('versions.diff_from')}
            versions={versions}
            value={from}
            onChange={number => props.onPair({ from: number, to })}
          />
          <Choose
            label={t('versions.diff_to')}
            versions={versions}
            value={to}
            onChange={number => props.onPair({ from, to: number })}
          />
        </div>
      }
    >
      {diff.error ? <Failure error={diff.error} onRetry={diff.reload} /> : null}
      {!said && !diff.error ? (
        <div className="pai-pad">
          <Skeleton lines={5} />
        </div>
      ) : null}
      {said ? (
        <>
          <div className="pai-card-note pai-flow pai-num" role="status">
            <Chip tone="quiet">{t('versions.kept', { n: fmt.number(said.kept) })}</Chip>
            {said.changed > 0 ? (
              <Chip tone="accent">
                {t('versions.changed', { n: fmt.number(said.changed) })}
              </Chip>
            ) : null}
            {said.dropped > 0 ? (
              <Chip tone="bad">
                {t('versions.dropped', { n: fmt.number(said.dropped) })}
              </Chip>
            ) : null}
            {said.added > 0 ? (
              <Chip tone="good">{t('versions.added', { n: fmt.number(said.added) })}</Chip>
            ) : null}
          </div>
          {said.total === 0 ? (
            <Empty icon="check" title={t('versions.diff_same')} />
          ) : (
            <>
              <ChangedRows rows={said.rows} shape={shape} />
              <Pager
                offset={offset}
                limit={LIMIT}
                total={said.total}
                onOffset={setOffset}
              />
            </>
          )}
        </>
      ) : null}
    </Card>
  );
}

function Choose(props: {
  label: string;
  versions: readonly DatasetVersion[];
  value: number;
  onChange: (number: number) => void;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  return (
    <label className="pai-inline-choice">
      <span>{props.label}</span>
      <select
        className="pai-input"
        value={props.value}
        onChange={event => props.onChange(Number(event.currentTarget.value))}
      >
        {props.versions.map(({ number }) => (
          <option key={number} value={number}>
            {t('versions.version', { n: fmt.number(number) })}
          </option>
        ))}
      </select>
    </label>
  );
}
