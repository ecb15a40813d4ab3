/**
 * A button that opens a small panel below itself: settings, choices, a menu.
 *
 * Escape, a press elsewhere, or focus leaving closes it; focus goes back to the button. Arrows walk
 * the items of a menu (`[data-item]`). Placed with logical properties, so it follows the page.
 */
import * as React from 'react';

import { Button } from './basics';
import { Icon, type IconName } from './Icon';

/** How an item of a panel closes it. */
const Close = React.createContext<() => void>(() => undefined);

/** Properties of {@link Popover}. */
export interface PopoverProps {
  /** What stands on the button; without it the button is only its icon, and `label` its name. */
  children?: React.ReactNode;
  label: string;
  icon?: IconName;
  kind?: 'plain' | 'quiet';
  className?: string;
  /** Which edge of the button the panel is flush with. */
  edge?: 'start' | 'end';
  disabled?: boolean;
  /** The panel; `close` closes it. */
  content: (close: () => void) => React.ReactNode;
}

/** See the module's comment. */
export function Popover(props: PopoverProps): React.JSX.Element {
  const { children, label, icon, kind = 'plain', className = '', edge = 'start' } = props;
  const [open, setOpen] = React.useState(false);
  const root = React.useRef<HTMLDivElement>(null);
  const button = React.useRef<HTMLButtonElement>(null);
  const panel = React.useRef<HTMLDivElement>(null);
  const close = React.useCallback(() => {
    setOpen(false);
    button.current?.focus();
  }, []);
  React.useEffect(() => {
    if (!open) {
      return;
    }
    panel.current
      ?.querySelector<HTMLElement>('[data-item], input, textarea, button')
      ?.focus();
    const elsewhere = (event: Event): void => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) {
        setOpen(false);
      }
    };
    document.addEventListener('pointerdown', elsewhere, true);
    document.addEventListener('focusin', elsewhere);
    return () => {
      document.removeEventListener('pointerdown', elsewhere, true);
      document.removeEventListener('focusin', elsewhere);
    };
  }, [open]);
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      close();
      return;
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const items = [...(panel.current?.querySelectorAll<HTMLElement>('[data-item]') ?? [])];
    if (step !== undefined && items.length > 0) {
      event.preventDefault();
      const at = items.findIndex(item => item === document.activeElement);
      items[(at + step + items.length) % items.length]?.focus();
    }
  };
  return (
    <div
      className={`pai-popover ${className}`}
      ref={root}
      onKeyDown={open ? onKeyDown : undefined}
    >
      <Button
        ref={button}
        kind={kind}
        {...(icon ? { icon } : {})}
        aria-label={children ? undefined : label}
        title={label}
        aria-haspopup="dialog"
        aria-expanded={open}
        disabled={props.disabled}
        onClick={() => setOpen(!open)}
      >
        {children}
      </Button>
      {open ? (
        <div
          className="pai-popover-panel"
          data-edge={edge}
          role="dialog"
          aria-label={label}
          ref={panel}
        >
          <Close.Provider value={close}>{props.content(close)}</Close.Provider>
        </div>
      ) : null}
    </div>
  );
}

/** A button that opens a menu: {@link MenuItem}s, {@link MenuLink}s and lines between them. */
export function Menu(
  props: Omit<PopoverProps, 'content' | 'children'> & {
    /** What stands on the button. */
    words?: React.ReactNode;
    panelClass?: string;
    children: React.ReactNode;
  }
): React.JSX.Element {
  const { words, panelClass = '', children, ...rest } = props;
  return (
    <Popover
      {...rest}
      content={() => <div className={`pai-menu ${panelClass}`}>{children}</div>}
    >
      {words}
    </Popover>
  );
}

/** One choice in a menu: it closes the menu, then it is done. */
export function MenuItem(props: {
  icon?: IconName;
  danger?: boolean;
  onChoose: () => void;
  children: React.ReactNode;
}): React.JSX.Element {
  const close = React.useContext(Close);
  return (
    <Button
      kind="quiet"
      data-item
      className={`pai-menu-item ${props.danger === true ? 'pai-menu-danger' : ''}`}
      {...(props.icon ? { icon: props.icon } : {})}
      onClick={() => {
        close();
        props.onChoose();
      }}
    >
      {props.children}
    </Button>
  );
}

/** A file to download, as a choice in a menu. */
export function MenuLink(props: {
  icon?: IconName;
  href: string;
  children: React.ReactNode;
}): React.JSX.Element {
  return (
    <a
      data-item
      className="pai-button pai-quiet pai-menu-item"
      href={props.href}
      download
      onClick={React.useContext(Close)}
    >
      {props.icon ? <Icon name={props.icon} /> : null}
      {props.children}
    </a>
  );
}
