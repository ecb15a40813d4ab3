/**
 * How fast a transfer is and how long it still takes, as far as either is known.
 */
import * as React from 'react';

import { useApp } from '../../hooks';
import type { Job } from '../../protocol';

/** See the module's comment. */
export function Pace({ progress }: { progress: Job['progress'] }): React.JSX.Element {
  const { t, fmt } = useApp();
  return (
    <>
      {progress.speed > 0 ? (
        <span>{t('downloads.speed', { bytes: fmt.bytes(progress.speed) })}</span>
      ) : null}
      {typeof progress.eta_seconds === 'number' ? (
        <span>{t('downloads.left', { time: fmt.span(progress.eta_seconds) })}</span>
      ) : null}
    </>
  );
}
