/**
 * What is said of a model beside its name: where it is from, which version is in use, its tags.
 */
import * as React from 'react';

import { useSource } from './modelWords';
import { Chip } from '../../components/basics';
import { SafeText } from '../../components/SafeText';
import { useApp } from '../../hooks';
import type { Model } from '../../protocol';

/** Where it is from. */
export function SourceChip({ model }: { model: Model }): React.JSX.Element {
  const sourceOf = useSource();
  return (
    <Chip tone={model.source === 'trained' ? 'accent' : 'quiet'}>
      {sourceOf(model.source)}
    </Chip>
  );
}

/** The version in use; nothing where there is only one. */
export function VersionChip({ model }: { model: Model }): React.JSX.Element | null {
  const { t, fmt } = useApp();
  return model.versions > 1 ? (
    <Chip tone="accent">
      {t('registry.version_of', {
        n: fmt.number(model.version),
        total: fmt.number(model.versions)
      })}
    </Chip>
  ) : null;
}

/** Its tags; of more than `most`, the rest is only counted. */
export function TagChips(props: {
  tags: readonly string[];
  most?: number;
}): React.JSX.Element {
  const { fmt } = useApp();
  const { tags, most = tags.length } = props;
  return (
    <>
      {tags.slice(0, most).map(tag => (
        <span key={tag} className="pai-tag">
          <SafeText text={tag} />
        </span>
      ))}
      {tags.length > most ? (
        <span className="pai-tag">+{fmt.number(tags.length - most)}</span>
      ) : null}
    </>
  );
}
