/**
 * A dialog that asks for something and has it done: what is asked, the button of the deed, and why
 * it failed. The deed itself is its owner's.
 */
import * as React from 'react';

import { Button } from './basics';
import { Dialog } from './Dialog';
import type { IconName } from './Icon';
import { Failure } from './states';
import type { ApiError } from '../errors';
import { useApp } from '../hooks';

/** Properties of {@link AskDialog}. */
export interface AskDialogProps {
  title: React.ReactNode;
  /** The words on the button of the deed. */
  action: React.ReactNode;
  icon?: IconName;
  danger?: boolean;
  wide?: boolean;
  /** An action of `useAction`. */
  deed: { busy: boolean; error: ApiError | null; clear: () => void };
  /** Whether enough is answered. */
  ready?: boolean;
  onDo: () => void;
  onClose: () => void;
  /** The words on the button that leaves; "cancel" without them. */
  leave?: string;
  /** Further buttons, before that of the deed. */
  besides?: React.ReactNode;
  /** What can be done about a failure, below it. */
  mend?: (error: ApiError) => React.ReactNode;
  children: React.ReactNode;
}

/** See the module's comment. */
export function AskDialog(props: AskDialogProps): React.JSX.Element {
  const { t } = useApp();
  const { deed, icon, ready = true } = props;
  return (
    <Dialog
      title={props.title}
      onClose={props.onClose}
      wide={props.wide ?? false}
      actions={
        <>
          <Button onClick={props.onClose}>{props.leave ?? t('panel.cancel')}</Button>
          {props.besides}
          <Button
            kind={props.danger === true ? 'danger' : 'primary'}
            {...(icon ? { icon } : {})}
            busy={deed.busy}
            disabled={!ready}
            onClick={props.onDo}
          >
            {props.action}
          </Button>
        </>
      }
    >
      {props.children}
      {deed.error ? (
        <>
          <Failure error={deed.error} onClose={deed.clear} />
          {props.mend?.(deed.error)}
        </>
      ) : null}
    </Dialog>
  );
}
