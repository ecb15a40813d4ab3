/*
 * A dialog inside our own page: the browser's <dialog> traps focus, closes with Escape and gives
 * focus back, so nothing here does it again.
 */
import * as React from 'react';

import { useApp } from '../hooks';
import { Button } from './basics';

export function Dialog({
  title,
  onClose,
  actions,
  children,
  wide = false
}: {
  title: React.ReactNode;
  onClose: () => void;
  actions: React.ReactNode;
  children: React.ReactNode;
  /** For text that is read rather than a question that is answered. */
  wide?: boolean;
}): React.JSX.Element {
  const ref = React.useRef<HTMLDialogElement>(null);
  const base = React.useId();
  React.useEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) {
        before.focus();
      }
    };
  }, []);
  return (
    <dialog
      ref={ref}
      className={wide ? 'pai-dialog pai-dialog-wide' : 'pai-dialog'}
      aria-labelledby={base}
      onCancel={event => {
        event.preventDefault();
        onClose();
      }}
      onClick={event => event.target === ref.current && onClose()}
    >
      <div className="pai-dialog-body">
        <h2 id={base}>{title}</h2>
        {children}
        <div className="pai-acts">{actions}</div>
      </div>
    </dialog>
  );
}

/** A question before something that cannot be undone. */
export function Confirm({
  title,
  children,
  action,
  danger = false,
  busy = false,
  onConfirm,
  onClose
}: {
  title: React.ReactNode;
  children: React.ReactNode;
  action: string;
  danger?: boolean;
  busy?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}): React.JSX.Element {
  const { t } = useApp();
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('panel.cancel')}</Button>
          <Button kind={danger ? 'danger' : 'primary'} busy={busy} onClick={onConfirm}>
            {action}
          </Button>
        </>
      }
    >
      <p>{children}</p>
    </Dialog>
  );
}
