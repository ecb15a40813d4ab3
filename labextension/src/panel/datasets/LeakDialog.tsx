/**
 * Which rows of a version are also in other data: test rows among what a model learns from.
 */
import * as React from 'react';

import { NearChoice, Threshold } from './StepForm';
import { AskDialog } from '../../components/AskDialog';
import { Button, Chip } from '../../components/basics';
import { ChoiceField } from '../../components/ChoiceField';
import { Icon } from '../../components/Icon';
import { SafeText } from '../../components/SafeText';
import { useAction, useApp, useLive } from '../../hooks';
import { direction } from '../../i18n';
import type { DatasetVersion, Leakage, LeakPair } from '../../protocol';
import type { Step } from '../../state/steps';

/** See the module's comment. */
export function LeakDialog(props: {
  version: DatasetVersion;
  onStep: (step: Step) => void;
  onClose: () => void;
}): React.JSX.Element {
  const { core, t } = useApp();
  const { version } = props;
  const list = useLive(core.datasets());
  const others = (list.state?.items ?? []).filter(one => one.id !== version.dataset_id);
  const [chosen, setChosen] = React.useState('');
  const other = others.find(one => one.id === chosen) ?? others[0];
  const [near, setNear] = React.useState(true);
  const [threshold, setThreshold] = React.useState(0.8);
  const [found, setFound] = React.useState<Leakage | null>(null);
  const check = useAction(async (id: string) => {
    setFound(null);
    setFound(
      await core.api.datasets.leakage(version.dataset_id, {
        version: version.number,
        other_id: id,
        near,
        threshold
      })
    );
  });
  const leaks = found !== null && found.exact + found.near > 0;
  return (
    <AskDialog
      wide
      title={t('versions.leak_title')}
      action={t('versions.leak_do')}
      deed={check}
      ready={other !== undefined}
      onDo={() => other && void check.run(other.id)}
      onClose={props.onClose}
      leave={t('panel.close')}
      besides={
        leaks && other ? (
          <Button
            icon="plus"
            onClick={() =>
              props.onStep({ kind: 'without', dataset_id: other.id, near, threshold })
            }
          >
            {t('versions.leak_step')}
          </Button>
        ) : null
      }
    >
      <p className="pai-quiet">{t('versions.leak_help')}</p>
      {other ? (
        <ChoiceField
          label={t('versions.leak_other')}
          value={other.id}
          options={others.map(one => [one.id, one.name] as const)}
          onChange={value => {
            setChosen(value);
            setFound(null);
          }}
        />
      ) : (
        <p>{t('versions.no_other')}</p>
      )}
      <NearChoice
        near={near}
        words={[t('versions.dedupe_exact'), t('versions.dedupe_near')]}
        onChange={setNear}
      />
      {near ? <Threshold value={threshold} onChange={setThreshold} /> : null}
      {found ? <Found found={found} /> : null}
    </AskDialog>
  );
}

function Found({ found }: { found: Leakage }): React.JSX.Element {
  const { t, fmt } = useApp();
  if (found.exact + found.near === 0) {
    return (
      <p className="pai-good-text" role="status">
        <Icon name="check" /> {t('versions.leak_none')}
      </p>
    );
  }
  return (
    <>
      <p className="pai-warm-text pai-strong" role="status">
        <Icon name="warning" />{' '}
        {t('versions.leak_found', {
          exact: fmt.number(found.exact),
          near: fmt.number(found.near),
          n: fmt.number(found.rows)
        })}
      </p>
      <ul className="pai-leaks" tabIndex={0} aria-label={t('versions.leak_title')}>
        {found.pairs.map((pair, place) => (
          <li key={place}>
            <LeakLine pair={pair} />
          </li>
        ))}
      </ul>
    </>
  );
}

function LeakLine({ pair }: { pair: LeakPair }): React.JSX.Element {
  const { t, fmt, lang } = useApp();
  const fallback = direction(lang);
  return (
    <>
      <small className="pai-quiet pai-num">
        {t('versions.leak_here', { n: fmt.number(pair.row + 1) })} ·{' '}
        {t('versions.leak_there', { n: fmt.number(pair.other + 1) })}
      </small>{' '}
      <Chip tone={pair.exact ? 'bad' : 'warm'}>
        {t(pair.exact ? 'versions.leak_exact' : 'versions.leak_near')}
      </Chip>
      <SafeText text={pair.text} fallback={fallback} />
      {pair.exact ? null : <SafeText text={pair.other_text} fallback={fallback} />}
    </>
  );
}
