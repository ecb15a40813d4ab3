/**
 * What each installed tokenizer makes of a version: into how many tokens it cuts a word, and what it
 * loses on the way back. Measured when asked for, as each is a process of its own.
 */
import * as React from 'react';

import { useCounted } from './useCounted';
import { Button, Card, Chip, Ltr } from '../../components/basics';
import { SafeText } from '../../components/SafeText';
import { Empty, Failure, Skeleton } from '../../components/states';
import { StillPlot } from '../../components/StillPlot';
import { useApp, useLive } from '../../hooks';
import type { Fertility } from '../../protocol';
import { TableFrame } from '../../components/TableFrame';

/** Lost characters that are named. */
const LOST = 12;

/** See the module's comment. */
export function Tokenizers(props: {
  dataset: string;
  version: number | null;
}): React.JSX.Element {
  const { core, t } = useApp();
  const { dataset, version } = props;
  const [asked, setAsked] = React.useState(false);
  const models = useLive(core.models());
  const none = models.state?.items.length === 0;
  return (
    <Card title={t('quality.tokenizers')}>
      <p className="pai-card-note pai-quiet">{t('quality.tokenizers_help')}</p>
      {none ? (
        <Empty icon="models" title={t('quality.tokenizers_none')}>
          {t('quality.tokenizers_none_help')}
        </Empty>
      ) : asked ? (
        <Measured dataset={dataset} version={version} />
      ) : (
        <div className="pai-card-foot">
          <Button onClick={() => setAsked(true)}>{t('quality.tokenizers_ask')}</Button>
        </div>
      )}
    </Card>
  );
}

function Measured(props: { dataset: string; version: number | null }): React.JSX.Element {
  const { core, t } = useApp();
  const { dataset, version } = props;
  const measured = useCounted(
    () => core.api.datasets.tokenizers(dataset, version),
    [dataset, version]
  );
  if (measured.error) {
    return <Failure error={measured.error} onRetry={measured.reload} />;
  }
  if (!measured.data) {
    return (
      <div className="pai-pad">
        <Skeleton lines={4} />
      </div>
    );
  }
  if (measured.data.length === 0) {
    return (
      <Empty icon="models" title={t('quality.tokenizers_none')}>
        {t('quality.tokenizers_none_help')}
      </Empty>
    );
  }
  const sorted = [...measured.data].sort((a, b) => a.tokens_per_word - b.tokens_per_word);
  return (
    <>
      {sorted.length > 1 ? (
        <StillPlot
          about={`${dataset} ${version ?? ''} tokens`}
          item={(theme, lang) =>
            core.api.datasets.figure(dataset, 'tokens', { version, theme, lang })
          }
          label={t('quality.tokenizers_label')}
          height={200}
        />
      ) : null}
      <FertilityTable measured={sorted} />
      <p className="pai-card-note pai-quiet">{t('quality.figure_about')}</p>
    </>
  );
}

function FertilityTable({
  measured
}: {
  measured: readonly Fertility[];
}): React.JSX.Element {
  const { t, fmt } = useApp();
  return (
    <TableFrame label={t('quality.tokenizers')}>
      <table className="pai-table">
        <thead>
          <tr>
            <th scope="col">{t('quality.tokenizer')}</th>
            <th scope="col">{t('quality.tokens_per_word')}</th>
            <th scope="col">{t('quality.characters_per_token')}</th>
            <th scope="col">{t('quality.packed_tokens')}</th>
            <th scope="col">{t('quality.unknown_tokens')}</th>
            <th scope="col">{t('quality.half_spaces_kept')}</th>
            <th scope="col">{t('quality.lost')}</th>
          </tr>
        </thead>
        <tbody>
          {measured.map((one, place) => (
            <tr key={one.model_id}>
              <td>
                <SafeText text={one.model_name} />{' '}
                {place === 0 && measured.length > 1 ? (
                  <Chip tone="good">{t('quality.best')}</Chip>
                ) : null}
              </td>
              <td className="pai-strong">{fmt.number(one.tokens_per_word, 2)}</td>
              <td>{fmt.number(one.characters_per_token, 2)}</td>
              <td>{fmt.short(one.packed_tokens)}</td>
              <td>{fmt.number(one.unknown_tokens)}</td>
              <td>
                {one.half_spaces_kept
                  ? t('quality.half_spaces_kept_yes')
                  : t('quality.half_spaces_kept_no')}
              </td>
              <td>
                <Lost one={one} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableFrame>
  );
}

/** A character by itself, or by its code where nobody would see it. */
export function characterName(character: string): string {
  return /^[\p{Z}\p{C}\p{M}]/u.test(character)
    ? `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
    : character;
}

function Lost({ one }: { one: Fertility }): React.JSX.Element {
  const { t, fmt } = useApp();
  if (one.lost.length === 0) {
    return <>{t('quality.lost_none')}</>;
  }
  return (
    <span className="pai-lost">
      {one.lost.slice(0, LOST).map(character => (
        <Ltr key={character}>{characterName(character)}</Ltr>
      ))}
      <small className="pai-quiet">
        {t('quality.lost_count', { n: fmt.number(one.lost_count) })}
      </small>
    </span>
  );
}
