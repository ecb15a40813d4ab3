/*
 * A list that arrows walk: one stop for Tab, Home and End jump, Enter opens.
 */
import * as React from 'react';

export function List<Item extends { id: string }>({
  items,
  label,
  onOpen,
  render
}: {
  items: Item[];
  label: string;
  onOpen: (item: Item, beside: boolean) => void;
  render: (item: Item) => React.ReactNode;
}): React.JSX.Element {
  const [at, setAt] = React.useState(0);
  const list = React.useRef<HTMLUListElement>(null);
  const current = Math.min(at, Math.max(0, items.length - 1));
  const move = (index: number): void => {
    setAt(index);
    list.current?.querySelectorAll<HTMLElement>('[data-row]')[index]?.focus();
  };
  const onKeyDown = (event: React.KeyboardEvent, index: number): void => {
    const targets: Record<string, number> = {
      ArrowDown: Math.min(items.length - 1, index + 1),
      ArrowUp: Math.max(0, index - 1),
      Home: 0,
      End: items.length - 1
    };
    const target = targets[event.key];
    if (target !== undefined) {
      event.preventDefault();
      move(target);
    }
  };
  return (
    <ul className="pai-list" aria-label={label} ref={list}>
      {items.map((item, index) => (
        <li key={item.id}>
          <button
            type="button"
            data-row
            className="pai-row"
            tabIndex={index === current ? 0 : -1}
            onFocus={() => setAt(index)}
            onKeyDown={event => onKeyDown(event, index)}
            onClick={event => onOpen(item, event.ctrlKey || event.metaKey)}
            onAuxClick={event => event.button === 1 && onOpen(item, true)}
          >
            {render(item)}
          </button>
        </li>
      ))}
    </ul>
  );
}
