/**
 * The notifications page: what happened while nobody looked, kept until it is deleted.
 */
import * as React from 'react';

import { Button, Card, Chip, When } from '../components/basics';
import { Confirm } from '../components/Dialog';
import { Icon, type IconName } from '../components/Icon';
import { Older } from '../components/Older';
import { Page } from '../components/Page';
import { Sentence } from '../components/Sentence';
import { Tabs } from '../components/Tabs';
import { Empty, Failure, Loadable, Skeleton } from '../components/states';
import { useAction, useApp, useLive, useNow } from '../hooks';
import { inLanguage } from '../i18n';
import type { Notification } from '../protocol';
import { without } from '../state/list';
import { noticePlace } from './noticePlace';

const ICONS: Readonly<Record<string, IconName>> = {
  job_completed: 'check',
  download_completed: 'downloads',
  dataset_completed: 'datasets',
  model_completed: 'models',
  bundle_completed: 'datasets',
  job_failed: 'warning',
  job_stopped: 'stop',
  job_resumed: 'retry'
};

/** See the module's comment. */
export function Notifications(): React.JSX.Element {
  const { core, t, fmt, route, go } = useApp();
  const live = core.notifications();
  const view = useLive(live);
  const [asked, setAsked] = React.useState(false);
  useNow();
  const readAll = useAction(async () => {
    await core.api.notifications.readAll();
    live.update(state => ({
      ...state,
      items: state.items.map(one => ({ ...one, read: true }))
    }));
  });
  const removeAll = useAction(async () => {
    await core.api.notifications.removeAll();
    live.update(state => ({ ...state, items: [], cursor: null }));
    setAsked(false);
  });
  const items = view.state?.items ?? [];
  const unread = items.filter(one => !one.read).length;
  const onlyUnread = route.view === 'unread';
  return (
    <Page
      title={t('notifications.title')}
      sentence={t('notifications.sentence')}
      state={
        unread > 0 ? (
          <Chip tone="accent">
            {t('notifications.unread_count', { n: fmt.number(unread) })}
          </Chip>
        ) : undefined
      }
      actions={
        items.length > 0 ? (
          <>
            <Button kind="quiet" icon="trash" onClick={() => setAsked(true)}>
              {t('notifications.delete_all')}
            </Button>
            <Button
              icon="check"
              busy={readAll.busy}
              disabled={unread === 0}
              onClick={() => void readAll.run()}
            >
              {t('notifications.mark_all')}
            </Button>
          </>
        ) : undefined
      }
    >
      {readAll.error ? <Failure error={readAll.error} onClose={readAll.clear} /> : null}
      <Loadable view={view} skeleton={<Skeleton height={200} />}>
        {state => {
          const shown = onlyUnread ? state.items.filter(one => !one.read) : state.items;
          return (
            <Card>
              {state.items.length > 0 ? (
                <Tabs
                  label={t('notifications.filter')}
                  value={onlyUnread ? 'unread' : 'all'}
                  items={[
                    { id: 'all', label: t('notifications.filter_all') },
                    { id: 'unread', label: t('notifications.filter_unread') }
                  ]}
                  onChange={id =>
                    go({ page: 'notifications', ...(id === 'unread' ? { view: id } : {}) })
                  }
                />
              ) : null}
              {shown.length > 0 ? (
                <ul className="pai-list" aria-label={t('notifications.title')}>
                  {shown.map(one => (
                    <li key={one.id}>
                      <Notice notice={one} />
                    </li>
                  ))}
                </ul>
              ) : (
                <Empty
                  icon="notifications"
                  title={t(
                    state.items.length === 0
                      ? 'notifications.empty'
                      : 'notifications.empty_unread'
                  )}
                >
                  {state.items.length === 0 ? t('notifications.empty_help') : null}
                </Empty>
              )}
            </Card>
          );
        }}
      </Loadable>
      <Older
        live={live}
        cursor={view.state?.cursor ?? null}
        page={asked => core.api.notifications.page(asked)}
      >
        {t('notifications.older')}
      </Older>
      {asked ? (
        <Confirm
          title={t('notifications.delete_all_title')}
          action={t('notifications.delete_all')}
          danger
          busy={removeAll.busy}
          onConfirm={() => void removeAll.run()}
          onClose={() => setAsked(false)}
        >
          {t('notifications.delete_all_help')}
          {removeAll.error ? <Failure error={removeAll.error} /> : null}
        </Confirm>
      ) : null}
    </Page>
  );
}

function Notice({ notice }: { notice: Notification }): React.JSX.Element {
  const { core, t, lang, go } = useApp();
  const live = core.notifications();
  const place = noticePlace(notice);
  const read = useAction(async () => {
    const changed = await core.api.notifications.read(notice.id);
    live.update(state => ({
      ...state,
      items: state.items.map(one => (one.id === changed.id ? changed : one))
    }));
  });
  const remove = useAction(async () => {
    await core.api.notifications.remove(notice.id);
    live.update(state => without(state, notice.id));
  });
  const failed = read.error ?? remove.error;
  return (
    <div
      className="pai-notice"
      data-unread={!notice.read || undefined}
      data-kind={notice.kind}
    >
      <span className="pai-notice-icon">
        <Icon name={ICONS[notice.kind] ?? 'notifications'} size={18} />
      </span>
      <div className="pai-notice-text">
        <Sentence text={inLanguage(lang, notice.title)} className="pai-notice-title" />
        {notice.read ? null : <span className="pai-sr">{t('notifications.unread')}</span>}
        <Sentence
          text={inLanguage(lang, notice.body)}
          className="pai-quiet pai-notice-body"
        />
        <small>
          <When time={notice.created} />
        </small>
        {failed ? <Failure error={failed} /> : null}
      </div>
      <div className="pai-acts">
        {place === null ? null : (
          <Button
            onClick={() => {
              if (!notice.read) {
                void read.run();
              }
              go(place);
            }}
          >
            {t('notifications.open')}
          </Button>
        )}
        {notice.read ? null : (
          <Button
            kind="quiet"
            icon="check"
            busy={read.busy}
            title={t('notifications.mark_read')}
            aria-label={t('notifications.mark_read')}
            onClick={() => void read.run()}
          />
        )}
        <Button
          kind="quiet"
          icon="trash"
          busy={remove.busy}
          title={t('panel.delete')}
          aria-label={t('panel.delete')}
          onClick={() => void remove.run()}
        />
      </div>
    </div>
  );
}
