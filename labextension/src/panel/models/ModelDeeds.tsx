/**
 * The dialogs of a model: one at a time, or none.
 */
import * as React from 'react';

import { DeleteDialog } from './DeleteDialog';
import { ExportDialog } from './ExportDialog';
import { MergeDialog } from './MergeDialog';
import { PushDialog } from './PushDialog';
import { useKept } from './useKept';
import { VersionAddDialog } from './VersionAddDialog';
import { RenameDialog } from '../../components/RenameDialog';
import { useApp } from '../../hooks';
import type { Model } from '../../protocol';

/** What is to be done with a model. */
export type Deed = 'rename' | 'version' | 'merge' | 'export' | 'push' | 'delete';

/** See the module's comment. */
export function ModelDeeds(props: {
  model: Model;
  deed: Deed | null;
  onEnd: () => void;
}): React.JSX.Element | null {
  const { core, t } = useApp();
  const { model, onEnd } = props;
  const keep = useKept();
  switch (props.deed) {
    case 'rename':
      return (
        <RenameDialog
          title={t('models.rename_title')}
          name={model.name}
          onRename={async name => keep(await core.api.models.rename(model.id, name))}
          onClose={onEnd}
        />
      );
    case 'version':
      return <VersionAddDialog model={model} onClose={onEnd} />;
    case 'merge':
      return <MergeDialog model={model} onClose={onEnd} />;
    case 'export':
      return <ExportDialog model={model} onClose={onEnd} />;
    case 'push':
      return <PushDialog model={model} onClose={onEnd} />;
    case 'delete':
      return <DeleteDialog model={model} onClose={onEnd} />;
    default:
      return null;
  }
}
