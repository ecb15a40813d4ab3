/**
 * What a bundle says of itself, and which of its parts are there.
 */
import * as React from 'react';

import { Chip, Ltr, When } from '../../components/basics';
import { Facts } from '../../components/Facts';
import { Icon } from '../../components/Icon';
import { SafeText } from '../../components/SafeText';
import { useApp } from '../../hooks';
import type { Bundle } from '../../protocol';

/** So many files and parts are shown at once. */
const FIRST = 8;

/** See the module's comment. */
export function BundleFacts({
  bundle,
  sent = false
}: {
  bundle: Bundle;
  /** It lies where the service put what was sent; nobody looks for it there. */
  sent?: boolean;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  return (
    <>
      <div className="pai-flow">
        <SafeText text={bundle.name} className="pai-strong" />
        <Chip tone="accent">{t(`bundles.is_${bundle.subject}`)}</Chip>
      </div>
      <div className="pai-told">
        <Facts
          facts={[
            [
              t('bundles.license'),
              bundle.license ? <SafeText text={bundle.license} /> : null
            ],
            [t('bundles.made'), <When key="made" time={bundle.made} />],
            [t('bundles.by_version'), <Ltr key="version">{bundle.by_version}</Ltr>],
            [
              t('bundles.path'),
              bundle.path && !sent ? (
                <SafeText text={bundle.path} dir="ltr" className="pai-ltr" />
              ) : null
            ]
          ]}
        />
      </div>
      {bundle.complete ? null : (
        <p className="pai-warned" role="alert">
          <Icon name="warning" />
          <span>{t('bundles.incomplete')}</span>
        </p>
      )}
      <details open={!bundle.complete}>
        <summary>
          {t('bundles.parts_sum', {
            n: fmt.number(bundle.parts.length),
            bytes: fmt.bytes(bundle.bytes)
          })}
        </summary>
        <Names
          label={t('bundles.parts')}
          // What is missing first: that is what one has to look for.
          rows={[...bundle.parts].sort((a, b) => Number(a.present) - Number(b.present))}
        />
      </details>
      <details>
        <summary>
          {t('bundles.holds_sum', {
            n: fmt.number(bundle.files.length),
            bytes: fmt.bytes(bundle.files_bytes)
          })}
        </summary>
        <Names label={t('bundles.holds')} rows={bundle.files} />
      </details>
    </>
  );
}

function Names(props: {
  label: string;
  rows: readonly { name: string; bytes: number; present?: boolean }[];
}): React.JSX.Element {
  const { t, fmt } = useApp();
  const [all, setAll] = React.useState(false);
  const shown = all ? props.rows : props.rows.slice(0, FIRST);
  return (
    <>
      <ul className="pai-names" aria-label={props.label}>
        {shown.map(row => (
          <li key={row.name}>
            <SafeText text={row.name} dir="ltr" className="pai-ltr" />
            <span className="pai-quiet pai-num">{fmt.bytes(row.bytes)}</span>
            {row.present === undefined ? null : (
              <Chip tone={row.present ? 'good' : 'bad'}>
                {t(row.present ? 'bundles.present' : 'bundles.absent')}
              </Chip>
            )}
          </li>
        ))}
      </ul>
      {shown.length < props.rows.length ? (
        <button type="button" className="pai-link" onClick={() => setAll(true)}>
          {t('downloads.files_more', { n: fmt.number(props.rows.length) })}
        </button>
      ) : null}
    </>
  );
}
