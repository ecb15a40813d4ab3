/**
 * What the process that opens a pickle is locked into on this machine, one line each.
 */
import * as React from 'react';

import { Icon } from '../../components/Icon';
import { Sentence } from '../../components/Sentence';
import { useApp } from '../../hooks';
import { inLanguage } from '../../i18n';
import type { Confinement } from '../../protocol';

const LOCKS = ['network', 'home', 'system_calls', 'memory'] as const;

/** See the module's comment. */
export function ConfinementBox(props: { confinement: Confinement }): React.JSX.Element {
  const { t, lang } = useApp();
  const { confinement } = props;
  return (
    <div className="pai-locks">
      <strong>
        {t(confinement.possible ? 'making.locks_possible' : 'making.locks_impossible')}
      </strong>
      <ul>
        {LOCKS.map(lock => (
          <li key={lock} data-held={confinement[lock]}>
            <Icon name={confinement[lock] ? 'check' : 'close'} />
            <span>
              <span className="pai-sr">
                {t(confinement[lock] ? 'panel.yes' : 'panel.no')}:{' '}
              </span>
              {t(`making.lock_${lock}`)}
            </span>
          </li>
        ))}
      </ul>
      {confinement.reason ? (
        <p className="pai-quiet pai-small">
          <Sentence text={inLanguage(lang, confinement.reason)} />
        </p>
      ) : null}
    </div>
  );
}
