/*
 * What whoever watches a training must be told: divergence, a plateau, memory that ran out. The
 * newest stands open, earlier ones are folded away.
 */
import * as React from 'react';

import { useApp } from '../hooks';
import { inLanguage } from '../i18n';
import type { Job, Notice } from '../protocol';
import { When } from './basics';
import { Icon } from './Icon';
import { Sentence } from './Sentence';

/** Notices of something that goes well, or that the user asked for. */
const CALM: ReadonlySet<string> = new Set(['early_stopping', 'no_bf16']);

function Line({ notice }: { notice: Notice }): React.JSX.Element {
  const { t, fmt, lang } = useApp();
  return (
    <div className={`pai-notice ${CALM.has(notice.code) ? 'pai-calm' : ''}`}>
      <Icon name="warning" size={18} />
      <p>
        <Sentence text={inLanguage(lang, notice.message)} />{' '}
        <small className="pai-num">
          {t('watch.notice_at', { step: fmt.number(notice.step) })}
          {notice.time ? (
            <>
              {' · '}
              <When time={notice.time} />
            </>
          ) : null}
        </small>
      </p>
    </div>
  );
}

export function Notices({ job }: { job: Job }): React.JSX.Element | null {
  const { t, fmt } = useApp();
  const newest = job.notices.at(-1);
  if (!newest) {
    return null;
  }
  const earlier = job.notices.slice(0, -1).reverse();
  return (
    <section className="pai-notices" role="status" aria-label={t('watch.notices')}>
      <Line notice={newest} />
      {earlier.length ? (
        <details>
          <summary>{t('watch.notices_earlier', { n: fmt.number(earlier.length) })}</summary>
          {earlier.map((notice, index) => (
            <Line key={`${notice.attempt}-${notice.step}-${index}`} notice={notice} />
          ))}
        </details>
      ) : null}
    </section>
  );
}
