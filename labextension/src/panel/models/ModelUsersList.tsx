/**
 * Who uses a model or a version of it, what deleting it gives back, and why some of it stays.
 */
import * as React from 'react';

import { Chip } from '../../components/basics';
import { Icon } from '../../components/Icon';
import { SafeText } from '../../components/SafeText';
import { Sentence } from '../../components/Sentence';
import { useApp } from '../../hooks';
import { inLanguage } from '../../i18n';
import type { ModelUsers } from '../../protocol';

/** Users that are named; the rest is counted. */
const NAMED = 8;

/** See the module's comment. */
export function ModelUsersList({ users }: { users: ModelUsers }): React.JSX.Element {
  const { t, fmt, lang } = useApp();
  const sorted = [...users.users].sort((a, b) => Number(b.blocks) - Number(a.blocks));
  return (
    <div className="pai-users">
      <p>
        <Icon name="trash" />{' '}
        {users.frees_bytes > 0
          ? t('registry.frees', { size: fmt.bytes(users.frees_bytes) })
          : t('registry.frees_nothing')}
      </p>
      {users.kept ? (
        <p className="pai-quiet">
          <Sentence text={inLanguage(lang, users.kept)} />
        </p>
      ) : null}
      {sorted.length === 0 ? (
        <p className="pai-quiet">{t('registry.used_none')}</p>
      ) : (
        <>
          <p className="pai-strong">{t('registry.used_by')}</p>
          <ul>
            {sorted.slice(0, NAMED).map(user => (
              <li key={`${user.kind} ${user.id}`}>
                <Chip tone={user.blocks ? 'bad' : 'quiet'}>
                  {t(`registry.user_${user.kind}`)}
                </Chip>
                <SafeText text={user.title} />
                {user.blocks ? (
                  <small className="pai-bad-text">{t('registry.blocks')}</small>
                ) : null}
              </li>
            ))}
          </ul>
          {sorted.length > NAMED ? (
            <small className="pai-quiet">
              {t('registry.used_more', { n: fmt.number(sorted.length - NAMED) })}
            </small>
          ) : null}
        </>
      )}
    </div>
  );
}
