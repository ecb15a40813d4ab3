import type fa from '../fa/notifications';

/** The notifications page. */
const en: Record<keyof typeof fa, string> = {
  title: 'Notifications',
  sentence: 'Ends, failures and automatic resumptions, also of while this page was closed.',
  empty: 'You have no notifications',
  empty_help: 'When something ends or fails, the news comes here.',
  empty_unread: 'You have read them all.',
  filter: 'Show',
  filter_all: 'All',
  filter_unread: 'Unread',
  unread: 'unread',
  unread_count: '{n} unread',
  mark_read: 'Mark as read',
  mark_all: 'Mark all as read',
  delete_all: 'Delete all',
  delete_all_title: 'Delete all notifications?',
  delete_all_help: 'Jobs and models stay; only the news is erased.',
  open: 'Open',
  older: 'Older'
};

export default en;
