/*
 * Tabs, as the ARIA practices describe them: arrows move, Home and End jump, one stop for Tab.
 * Arrows follow the direction of reading.
 */
import * as React from 'react';

import { direction } from '../i18n';
import { useApp } from '../hooks';

export interface TabItem {
  id: string;
  label: React.ReactNode;
}

export function Tabs({
  items,
  value,
  onChange,
  label
}: {
  items: TabItem[];
  value: string;
  onChange: (id: string) => void;
  label: string;
}): React.JSX.Element {
  const { lang } = useApp();
  const base = React.useId();
  const onKeyDown = (event: React.KeyboardEvent<HTMLDivElement>): void => {
    const index = items.findIndex(item => item.id === value);
    const forward = direction(lang) === 'rtl' ? 'ArrowLeft' : 'ArrowRight';
    const backward = direction(lang) === 'rtl' ? 'ArrowRight' : 'ArrowLeft';
    const targets: Record<string, number> = {
      [forward]: (index + 1) % items.length,
      [backward]: (index - 1 + items.length) % items.length,
      Home: 0,
      End: items.length - 1
    };
    const target = items[targets[event.key] ?? -1];
    if (target) {
      event.preventDefault();
      onChange(target.id);
      event.currentTarget.querySelector<HTMLElement>(`[data-tab="${target.id}"]`)?.focus();
    }
  };
  return (
    <div className="pai-tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
      {items.map(item => (
        <button
          key={item.id}
          id={`${base}-${item.id}`}
          data-tab={item.id}
          type="button"
          role="tab"
          aria-selected={item.id === value}
          tabIndex={item.id === value ? 0 : -1}
          onClick={() => onChange(item.id)}
        >
          {item.label}
        </button>
      ))}
    </div>
  );
}
