/**
 * A model in two lines of a list: its name and tags, where it is from and how large it is.
 */
import * as React from 'react';

import { inLine, useSource } from './modelWords';
import { Chip, When } from '../../components/basics';
import { SafeText } from '../../components/SafeText';
import { useApp } from '../../hooks';
import type { Model } from '../../protocol';

/** Tags that are shown before the rest is only counted. */
const TAGS_SHOWN = 4;

/** See the module's comment. */
export function ModelRow({ model }: { model: Model }): React.JSX.Element {
  const { t, fmt } = useApp();
  const sourceOf = useSource();
  const facts = [
    sourceOf(model.source),
    model.parameters ? t('models.parameters', { n: fmt.short(model.parameters) }) : '',
    fmt.bytes(model.bytes),
    model.license
  ];
  return (
    <>
      <span className="pai-row-title">
        <SafeText text={model.name} className="pai-strong" />
        {model.versions > 1 ? (
          <Chip tone="accent">
            {t('registry.version_of', {
              n: fmt.number(model.version),
              total: fmt.number(model.versions)
            })}
          </Chip>
        ) : null}
        {model.tags.slice(0, TAGS_SHOWN).map(tag => (
          <span key={tag} className="pai-tag">
            <SafeText text={tag} />
          </span>
        ))}
        {model.tags.length > TAGS_SHOWN ? (
          <span className="pai-tag">+{fmt.number(model.tags.length - TAGS_SHOWN)}</span>
        ) : null}
      </span>
      <small>
        <When time={model.created} />
      </small>
      <small>{inLine(facts)}</small>
    </>
  );
}
