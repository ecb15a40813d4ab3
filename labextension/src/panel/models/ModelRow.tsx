/**
 * A model in two lines of a list: its name and tags, where it is from and how large it is.
 */
import * as React from 'react';

import { TagChips, VersionChip } from './ModelChips';
import { inLine, useSource } from './modelWords';
import { When } from '../../components/basics';
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
        <VersionChip model={model} />
        <TagChips tags={model.tags} most={TAGS_SHOWN} />
      </span>
      <small>
        <When time={model.created} />
      </small>
      <small>{inLine(facts)}</small>
    </>
  );
}
