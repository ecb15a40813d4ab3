/*
 * A list as a pure reduction of `created`, `changed` and `deleted` over a page. Newest first.
 */
import type { Event } from '../protocol';

export interface Listed {
  id: string;
  created: string;
}

export interface ListState<Item extends Listed> {
  /** Every event up to this number is in. */
  seq: number;
  items: Item[];
  /** Where the next page begins, or null at the end. */
  cursor: string | null;
}

/** The list after an event; the same object when it says nothing new. */
export function reduceList<Item extends Listed>(
  list: ListState<Item>,
  event: Event,
  wanted: (item: Item) => boolean = () => true
): ListState<Item> {
  if (event.seq <= list.seq) {
    return list;
  }
  const id = event.data['id'];
  if (event.type === 'deleted') {
    return { ...list, seq: event.seq, items: list.items.filter(item => item.id !== id) };
  }
  if (event.type !== 'created' && event.type !== 'changed') {
    return { ...list, seq: event.seq };
  }
  const item = event.data as unknown as Item;
  const known = list.items.some(old => old.id === id);
  let items = list.items;
  if (!wanted(item)) {
    items = items.filter(old => old.id !== id);
  } else if (known) {
    items = items.map(old => (old.id === id ? item : old));
  } else {
    items = [item, ...items].sort((a, b) => b.created.localeCompare(a.created));
  }
  return { ...list, seq: event.seq, items };
}

/** The list without one of its items. */
export function without<Item extends Listed, List extends { items: Item[] }>(
  list: List & { items: Item[] },
  id: string
): List {
  return { ...list, items: list.items.filter(item => item.id !== id) };
}

/** The list with a further page at its end. */
export function append<Item extends Listed>(
  list: ListState<Item>,
  page: { items: Item[]; next_cursor: string | null }
): ListState<Item> {
  const known = new Set(list.items.map(item => item.id));
  return {
    ...list,
    items: [...list.items, ...page.items.filter(item => !known.has(item.id))],
    cursor: page.next_cursor
  };
}
