/**
 * Asks for a new name. Enter saves, Escape leaves, an empty or unchanged name is not sent.
 */
import * as React from 'react';

import { AskDialog } from './AskDialog';
import { useAction, useApp } from '../hooks';
import { direction } from '../i18n';
import { directionOf } from '../text/direction';

/** The longest name that the service takes. */
export const NAME_AT_MOST = 120;

/** Properties of {@link RenameDialog}. */
export interface RenameDialogProps {
  title: string;
  name: string;
  /** Sends the name; a failure is shown in the dialog, which stays. */
  onRename: (name: string) => Promise<unknown>;
  onClose: () => void;
}

/** See the module's comment. */
export function RenameDialog(props: RenameDialogProps): React.JSX.Element {
  const { t, lang } = useApp();
  const [name, setName] = React.useState(props.name);
  const rename = useAction(async () => {
    await props.onRename(name.trim());
    props.onClose();
  });
  const ready = name.trim() !== '' && name.trim() !== props.name;
  return (
    <AskDialog
      title={props.title}
      action={t('panel.save')}
      deed={rename}
      ready={ready}
      onDo={() => void rename.run()}
      onClose={props.onClose}
    >
      <input
        className="pai-input"
        value={name}
        aria-label={props.title}
        maxLength={NAME_AT_MOST}
        dir={directionOf(name, direction(lang))}
        autoFocus
        onFocus={event => event.currentTarget.select()}
        onChange={event => setName(event.currentTarget.value)}
        onKeyDown={event => {
          if (event.key === 'Enter' && ready && !event.nativeEvent.isComposing) {
            void rename.run();
          }
        }}
      />
    </AskDialog>
  );
}
