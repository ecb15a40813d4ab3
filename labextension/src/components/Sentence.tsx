/**
 * A sentence of our own service in the language of the interface, with foreign names in it.
 *
 * What stands in quotation marks may be a path, an id or a name in the other script: each is
 * isolated, so that a leading slash stays at its beginning. Marks of odd characters as everywhere.
 */
import * as React from 'react';

import { safeNodes } from './SafeText';
import { useApp } from '../hooks';
import { direction } from '../i18n';

/** What stands between Persian or English quotation marks. */
const QUOTED = /(?<=[«“])([^«»“”]+)(?=[»”])/;

/** See the module's comment. */
export function Sentence(props: { text: string; className?: string }): React.JSX.Element {
  const { lang } = useApp();
  return (
    <bdi dir={direction(lang)} className={props.className}>
      {props.text
        .split(QUOTED)
        .map((part, index) =>
          index % 2 === 1 ? (
            <bdi key={index}>{safeNodes(part)}</bdi>
          ) : (
            <React.Fragment key={index}>{safeNodes(part)}</React.Fragment>
          )
        )}
    </bdi>
  );
}
