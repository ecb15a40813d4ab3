/**
 * What can be done with a model besides talking to it and training on.
 */
import * as React from 'react';

import type { Deed } from './ModelDeeds';
import type { IconName } from '../../components/Icon';
import { Menu, MenuItem, MenuLink } from '../../components/Popover';
import { useApp } from '../../hooks';
import type { Model } from '../../protocol';
import type { Route } from '../../route';

/** See the module's comment. */
export function ModelMenu(props: {
  model: Model;
  onDeed: (deed: Deed) => void;
}): React.JSX.Element {
  const { core, t, go } = useApp();
  const { model } = props;
  const href = core.transport.url(core.api.models.downloadPath(model.id));
  const act = (icon: IconName, words: string, deed: Deed): React.JSX.Element => (
    <MenuItem icon={icon} danger={deed === 'delete'} onChoose={() => props.onDeed(deed)}>
      {words}
    </MenuItem>
  );
  const lead = (icon: IconName, words: string, to: Route): React.JSX.Element => (
    <MenuItem icon={icon} onChoose={() => go(to)}>
      {words}
    </MenuItem>
  );
  return (
    <Menu label={t('panel.more')} icon="more" edge="end">
      {act('edit', t('panel.rename'), 'rename')}
      {lead('training', t('registry.train_version'), {
        page: 'training',
        view: 'new',
        query: { model: model.id, version_of: model.id }
      })}
      {act('plus', t('registry.add_version'), 'version')}
      {lead('split', t('registry.compare_with'), {
        page: 'models',
        view: 'compare',
        query: { ids: model.id }
      })}
      <hr />
      {act('models', t('making.merge'), 'merge')}
      {act('downloads', t('making.export'), 'export')}
      {act('upload', t('making.push'), 'push')}
      {lead('datasets', t('making.bundle'), {
        page: 'downloads',
        view: 'bundles',
        query: { subject: 'model', id: model.id }
      })}
      {href === null ? null : (
        <MenuLink icon="downloads" href={href}>
          {t('making.download_zip')}
        </MenuLink>
      )}
      <hr />
      {act('trash', t('panel.delete'), 'delete')}
    </Menu>
  );
}
