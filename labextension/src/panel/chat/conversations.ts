/**
 * The list of conversations, live, the last used first.
 */
import type { Core } from '../../core';
import type { Conversation, Event } from '../../protocol';
import { reduceList, type ListState } from '../../state/list';
import type { Live } from '../../state/live';

/** How much of a question becomes the title of its conversation. */
const TITLE_AT_MOST = 60;

/** The shared live list. */
export function conversations(core: Core): Live<ListState<Conversation>> {
  return core.live('chat', () => ({
    topic: 'chat',
    load: async () => {
      const { items, next_cursor, seq } = await core.api.chat.page({ limit: 50 });
      return { state: { seq, items, cursor: next_cursor }, since: seq };
    },
    reduce: (list: ListState<Conversation>, event: Event) => {
      const next = reduceList(list, event);
      return next.items === list.items
        ? next
        : { ...next, items: lastUsedFirst(next.items) };
    }
  }));
}

function lastUsedFirst(items: readonly Conversation[]): Conversation[] {
  return [...items].sort((a, b) => b.updated.localeCompare(a.updated));
}

/** A title from the first words of a question; whole words where there are spaces. */
export function titleOf(question: string): string {
  const line = question.trim().split('\n', 1)[0]?.trim() ?? '';
  if (line.length <= TITLE_AT_MOST) {
    return line;
  }
  const cut = line.slice(0, TITLE_AT_MOST);
  const space = cut.lastIndexOf(' ');
  return `${(space > TITLE_AT_MOST / 2 ? cut.slice(0, space) : cut).trimEnd()}…`;
}
