/**
 * What a model's tokenizer makes of Persian: into how many tokens it cuts a word, what it loses.
 */
import * as React from 'react';

import { Card, Ltr } from '../../components/basics';
import { Failure, Skeleton } from '../../components/states';
import { Tile } from '../../components/Tile';
import { useApp } from '../../hooks';
import type { Fertility, Model } from '../../protocol';
import { characterName } from '../datasets/Tokenizers';
import { useCounted } from '../datasets/useCounted';

/** Lost characters that are named. */
const LOST = 24;

/** See the module's comment. */
export function TokenizerTab({ model }: { model: Model }): React.JSX.Element {
  const { core, t } = useApp();
  const measured = useCounted(
    () => core.api.models.tokenizer(model.id),
    [model.id, model.version]
  );
  if (!measured.data) {
    return measured.error ? (
      <Failure error={measured.error} onRetry={measured.reload} />
    ) : (
      <>
        <p className="pai-quiet" role="status">
          {t('registry.tokenizer_measuring')}
        </p>
        <Skeleton height={120} />
      </>
    );
  }
  return <Measured measured={measured.data} />;
}

function Measured({ measured }: { measured: Fertility }): React.JSX.Element {
  const { t, fmt } = useApp();
  return (
    <>
      <div className="pai-tiles pai-stacked">
        <Tile
          label={t('quality.tokens_per_word')}
          value={fmt.number(measured.tokens_per_word, 2)}
          note={t('registry.tokenizer_low')}
        />
        <Tile
          label={t('quality.characters_per_token')}
          value={fmt.number(measured.characters_per_token, 2)}
          note={t('registry.tokenizer_high')}
        />
        <Tile
          label={t('quality.unknown_tokens')}
          value={fmt.number(measured.unknown_tokens)}
        />
        <Tile
          label={t('quality.half_spaces_kept')}
          value={t(
            measured.half_spaces_kept
              ? 'quality.half_spaces_kept_yes'
              : 'quality.half_spaces_kept_no'
          )}
        />
      </div>
      <Card title={t('quality.lost')}>
        <div className="pai-pad pai-lost">
          {measured.lost.length === 0
            ? t('quality.lost_none')
            : measured.lost
                .slice(0, LOST)
                .map(character => <Ltr key={character}>{characterName(character)}</Ltr>)}
          {measured.lost.length > 0 ? (
            <small className="pai-quiet">
              {t('quality.lost_count', { n: fmt.number(measured.lost_count) })}
            </small>
          ) : null}
        </div>
      </Card>
      <p className="pai-quiet pai-small">{t('registry.tokenizer_help')}</p>
    </>
  );
}
