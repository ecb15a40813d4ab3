/**
 * Splitting a version into parts, each a dataset of its own.
 */
import * as React from 'react';

import { NumberField } from './StepForm';
import { AskDialog } from '../../components/AskDialog';
import { Button } from '../../components/basics';
import { CheckField } from '../../components/CheckField';
import { parseNumber } from '../../format';
import { useAction, useApp } from '../../hooks';
import { newKey } from '../../key';
import type { DatasetVersion } from '../../protocol';
import { sharesOf } from '../../state/steps';

const PARTS_AT_MOST = 10;
const FIRST = [
  { name: 'train', percent: 80 },
  { name: 'validation', percent: 10 },
  { name: 'test', percent: 10 }
];

/** See the module's comment. */
export function SplitDialog(props: {
  name: string;
  version: DatasetVersion;
  onJob: (job: string) => void;
  onClose: () => void;
}): React.JSX.Element {
  const { core, t, fmt } = useApp();
  const { version } = props;
  const [parts, setParts] = React.useState(FIRST);
  const labelled = Object.keys(version.report.stats.labels ?? {}).length > 1;
  const [stratify, setStratify] = React.useState(labelled);
  const [seed, setSeed] = React.useState(0);
  const shares = sharesOf(parts);
  const sum = parts.reduce((all, part) => all + (part.percent || 0), 0);

  const key = React.useMemo(newKey, [parts, stratify, seed]);
  const split = useAction(async (wanted: Record<string, number>) => {
    const job = await core.api.datasets.split(
      version.dataset_id,
      { version: version.number, parts: wanted, stratify, seed },
      key
    );
    props.onJob(job.id);
  });
  const set = (at: number, change: Partial<(typeof FIRST)[number]>): void =>
    setParts(parts.map((part, place) => (place === at ? { ...part, ...change } : part)));
  const { rows } = version.report.stats;
  return (
    <AskDialog
      title={t('versions.split_title', { name: props.name })}
      action={t('versions.split_do')}
      deed={split}
      ready={shares !== null}
      onDo={() => shares && void split.run(shares)}
      onClose={props.onClose}
    >
      <p className="pai-quiet">{t('versions.split_help')}</p>
      <div className="pai-split-bar" aria-hidden="true">
        {parts.map((part, place) => (
          <i
            key={place}
            data-part={place}
            style={{ flexGrow: Math.max(0, part.percent || 0) }}
          />
        ))}
      </div>
      <ul className="pai-split-parts">
        {parts.map((part, at) => (
          <li key={at} data-part={at}>
            <input
              className="pai-input"
              dir="auto"
              maxLength={60}
              aria-label={t('versions.split_part')}
              value={part.name}
              onChange={event => set(at, { name: event.currentTarget.value })}
            />
            <PercentInput value={part.percent} onChange={percent => set(at, { percent })} />
            <small className="pai-quiet pai-num">
              {t('versions.split_rows', {
                n: fmt.number(Math.round((rows * (part.percent || 0)) / 100))
              })}
            </small>
            <Button
              kind="quiet"
              icon="close"
              disabled={parts.length <= 2}
              aria-label={t('versions.split_remove')}
              title={t('versions.split_remove')}
              onClick={() => setParts(parts.filter((_, place) => place !== at))}
            />
          </li>
        ))}
      </ul>
      {shares === null ? (
        <p className="pai-warm-text" role="status">
          {Math.abs(sum - 100) > 1e-9
            ? t('versions.split_sum', { n: fmt.number(sum, 1) })
            : t('versions.split_names')}
        </p>
      ) : null}
      <div className="pai-flow">
        <Button
          icon="plus"
          disabled={parts.length >= PARTS_AT_MOST}
          onClick={() => setParts([...parts, { name: '', percent: 0 }])}
        >
          {t('versions.split_add')}
        </Button>
      </div>
      {labelled ? (
        <CheckField
          label={t('versions.split_stratify')}
          checked={stratify}
          onChange={setStratify}
        />
      ) : null}
      <NumberField
        label={t('versions.seed')}
        value={seed}
        onChange={value => setSeed(Math.trunc(value ?? 0))}
      />
    </AskDialog>
  );
}

/** A whole or broken percentage, in any digits. */
function PercentInput(props: {
  value: number;
  onChange: (percent: number) => void;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  const [typed, setTyped] = React.useState(() => fmt.number(props.value, 2));
  return (
    <input
      className="pai-input pai-num"
      inputMode="decimal"
      aria-label={t('versions.split_share')}
      value={typed}
      onChange={event => {
        setTyped(event.currentTarget.value);
        props.onChange(parseNumber(event.currentTarget.value));
      }}
    />
  );
}
