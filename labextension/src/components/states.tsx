/*
 * What stands where content is not: loading, empty, failed. Each says what would be here and what
 * to do next.
 */
import * as React from 'react';

import type { ApiError } from '../errors';
import { useApp } from '../hooks';
import type { LiveView } from '../state/live';
import { Button } from './basics';
import { Icon, type IconName } from './Icon';
import { Sentence } from './Sentence';

/** Grey lines in the shape of what comes. Appears after a moment, so that fast answers do not flash. */
export function Skeleton({
  lines = 3,
  height
}: {
  lines?: number;
  height?: number;
}): React.JSX.Element {
  const { t } = useApp();
  return (
    <div className="pai-skeleton" role="status" aria-label={t('panel.loading')}>
      {height ? <i style={{ blockSize: height }} /> : null}
      {Array.from({ length: height ? 0 : lines }, (_, index) => (
        <i key={index} style={{ inlineSize: `${92 - ((index * 17) % 40)}%` }} />
      ))}
    </div>
  );
}

/** An empty place: what would be here, and the one next step. */
export function Empty({
  icon,
  title,
  children,
  action
}: {
  icon?: IconName;
  title: React.ReactNode;
  children?: React.ReactNode;
  action?: React.ReactNode;
}): React.JSX.Element {
  return (
    <div className="pai-empty">
      {icon ? <Icon name={icon} size={28} /> : null}
      <strong>{title}</strong>
      {children ? <p>{children}</p> : null}
      {action}
    </div>
  );
}

/** A failure: what happened, what to do, a retry, and the technical detail folded away. */
export function Failure({
  error,
  onRetry,
  onClose,
  title
}: {
  error: ApiError;
  onRetry?: (() => void) | undefined;
  onClose?: (() => void) | undefined;
  title?: React.ReactNode;
}): React.JSX.Element {
  const { t, lang } = useApp();
  const { body, status } = error;
  const hint = lang === 'fa' ? (body.hint_fa ?? body.hint) : body.hint;
  return (
    <div className="pai-failure" role="alert">
      <Icon name="warning" size={18} />
      <div>
        {title ? <strong>{title}</strong> : null}
        <p className={title ? '' : 'pai-strong'}>
          <Sentence text={lang === 'fa' ? body.message_fa : body.message} />
        </p>
        {hint ? (
          <p className="pai-quiet">
            <Sentence text={hint} />
          </p>
        ) : null}
        <details>
          <summary>{t('panel.details')}</summary>
          <pre dir="ltr">
            {body.code}
            {status ? ` (${status})` : ''}
            {Object.keys(body.details ?? {}).length
              ? `\n${JSON.stringify(body.details, null, 1)}`
              : ''}
          </pre>
        </details>
      </div>
      <div className="pai-acts">
        {onRetry ? (
          <Button icon="retry" onClick={onRetry}>
            {t('panel.retry')}
          </Button>
        ) : null}
        {onClose ? (
          <Button
            kind="quiet"
            icon="close"
            aria-label={t('panel.close')}
            onClick={onClose}
          />
        ) : null}
      </div>
    </div>
  );
}

/** The content of a live store: a skeleton before it, a failure instead of it or above it. */
export function Loadable<State>({
  view,
  skeleton,
  children
}: {
  view: LiveView<State> & { reload: () => void };
  skeleton?: React.ReactNode;
  children: (state: State) => React.ReactNode;
}): React.JSX.Element {
  const { t } = useApp();
  return (
    <>
      {view.error ? (
        <Failure error={view.error} onRetry={view.reload} title={t('panel.error_title')} />
      ) : null}
      {view.state !== undefined ? children(view.state) : null}
      {view.state === undefined && !view.error ? (skeleton ?? <Skeleton />) : null}
    </>
  );
}
