/**
 * All conversations: search, open, rename, delete one or all. Arrows walk it, F2 renames, Delete
 * asks to delete.
 */
import * as React from 'react';

import { conversations } from './conversations';
import { Button, When } from '../../components/basics';
import { Confirm } from '../../components/Dialog';
import { Menu, MenuItem } from '../../components/Popover';
import { RenameDialog } from '../../components/RenameDialog';
import { SafeText } from '../../components/SafeText';
import { Failure, Loadable, Skeleton } from '../../components/states';
import { SearchInput } from '../../components/SearchInput';
import { useAction, useApp, useLive, useNow } from '../../hooks';
import type { Conversation } from '../../protocol';
import { append } from '../../state/list';
import { holds } from '../../text/fold';

/** Properties of {@link ConversationList}. */
export interface ConversationListProps {
  open: string | null;
  onOpen: (id: string | null, beside: boolean) => void;
}

type Asked =
  { what: 'rename' | 'delete'; conversation: Conversation } | { what: 'all' } | null;

/** See the module's comment. */
export function ConversationList(props: ConversationListProps): React.JSX.Element {
  const { core, t } = useApp();
  const live = conversations(core);
  const view = useLive(live);
  const [query, setQuery] = React.useState('');
  const [asked, setAsked] = React.useState<Asked>(null);
  const list = React.useRef<HTMLUListElement>(null);
  useNow();
  const older = useAction(async (cursor: string) => {
    const page = await core.api.chat.page({ limit: 50, cursor });
    live.update(state => append(state, page));
  });
  const remove = useAction(async () => {
    if (asked?.what === 'all') {
      await core.api.chat.removeAll();
      live.update(state => ({ ...state, items: [], cursor: null }));
      props.onOpen(null, false);
    } else if (asked?.what === 'delete') {
      const { id } = asked.conversation;
      await core.api.chat.remove(id);
      live.update(state => ({
        ...state,
        items: state.items.filter(item => item.id !== id)
      }));
      if (id === props.open) {
        props.onOpen(null, false);
      }
    }
    setAsked(null);
  });
  const nameOf = (one: Conversation): string => one.title || t('chat.untitled');
  const onKeyDown = (event: React.KeyboardEvent, one: Conversation): void => {
    const rows = [...(list.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])];
    const at = rows.findIndex(row => row === document.activeElement);
    const target = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[
      event.key
    ];
    if (target !== undefined) {
      event.preventDefault();
      rows[target]?.focus();
    } else if (event.key === 'F2') {
      setAsked({ what: 'rename', conversation: one });
    } else if (event.key === 'Delete') {
      setAsked({ what: 'delete', conversation: one });
    }
  };
  return (
    <aside className="pai-conversations" aria-label={t('chat.list')}>
      <SearchInput label={t('chat.search')} value={query} onChange={setQuery} />
      <Loadable view={view} skeleton={<Skeleton lines={5} />}>
        {state => {
          const shown = state.items.filter(one => holds(nameOf(one), query));
          return (
            <>
              <ul ref={list}>
                {shown.map(one => (
                  <li key={one.id} aria-current={one.id === props.open || undefined}>
                    <button
                      type="button"
                      data-row
                      onClick={event =>
                        props.onOpen(one.id, event.ctrlKey || event.metaKey)
                      }
                      onKeyDown={event => onKeyDown(event, one)}
                    >
                      <SafeText text={nameOf(one)} />
                      <small>
                        <When time={one.updated} />
                      </small>
                    </button>
                    <Menu label={t('panel.more')} icon="more" kind="quiet" edge="end">
                      <MenuItem
                        icon="edit"
                        onChoose={() => setAsked({ what: 'rename', conversation: one })}
                      >
                        {t('panel.rename')}
                      </MenuItem>
                      <MenuItem
                        icon="trash"
                        danger
                        onChoose={() => setAsked({ what: 'delete', conversation: one })}
                      >
                        {t('panel.delete')}
                      </MenuItem>
                    </Menu>
                  </li>
                ))}
                {state.cursor !== null && query === '' ? (
                  <li>
                    <Button
                      kind="quiet"
                      busy={older.busy}
                      onClick={() => void older.run(state.cursor ?? '')}
                    >
                      {t('chat.older')}
                    </Button>
                  </li>
                ) : null}
              </ul>
              {shown.length === 0 ? (
                <p className="pai-quiet pai-none">
                  {t(state.items.length === 0 ? 'chat.list_empty' : 'chat.search_none')}
                </p>
              ) : null}
              {older.error ? <Failure error={older.error} onClose={older.clear} /> : null}
              <div className="pai-conversations-foot">
                <Button icon="plus" onClick={() => props.onOpen(null, false)}>
                  {t('chat.new')}
                </Button>
                {state.items.length > 0 ? (
                  <Button
                    kind="quiet"
                    icon="trash"
                    title={t('chat.delete_all')}
                    aria-label={t('chat.delete_all')}
                    onClick={() => setAsked({ what: 'all' })}
                  />
                ) : null}
              </div>
            </>
          );
        }}
      </Loadable>
      {asked?.what === 'rename' ? (
        <RenameDialog
          title={t('chat.rename_title')}
          name={asked.conversation.title}
          onRename={async title => {
            const changed = await core.api.chat.patch(asked.conversation.id, { title });
            live.update(state => ({
              ...state,
              items: state.items.map(item => (item.id === changed.id ? changed : item))
            }));
          }}
          onClose={() => setAsked(null)}
        />
      ) : null}
      {asked?.what === 'delete' || asked?.what === 'all' ? (
        <Confirm
          title={t(asked.what === 'all' ? 'chat.delete_all_title' : 'chat.delete_title')}
          action={t(asked.what === 'all' ? 'chat.delete_all' : 'panel.delete')}
          danger
          busy={remove.busy}
          onConfirm={() => void remove.run()}
          onClose={() => setAsked(null)}
        >
          {asked.what === 'all'
            ? t('chat.delete_all_help')
            : t('chat.delete_help', { name: nameOf(asked.conversation) })}
          {remove.error ? <Failure error={remove.error} /> : null}
        </Confirm>
      ) : null}
    </aside>
  );
}
