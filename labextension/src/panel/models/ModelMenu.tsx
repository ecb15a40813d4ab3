/**
 * What can be done with a model besides talking to it and training on.
 */
import * as React from 'react';

import type { Deed } from './ModelDeeds';
import { Icon, type IconName } from '../../components/Icon';
import { MenuItem, Popover } from '../../components/Popover';
import { useApp } from '../../hooks';
import type { Model } from '../../protocol';

/** See the module's comment. */
export function ModelMenu(props: {
  model: Model;
  onDeed: (deed: Deed) => void;
}): React.JSX.Element {
  const { core, t, go } = useApp();
  const { model } = props;
  const href = core.transport.url(core.api.models.downloadPath(model.id));
  return (
    <Popover
      label={t('panel.more')}
      icon="more"
      edge="end"
      content={close => {
        const item = (
          icon: IconName,
          words: string,
          act: () => void
        ): React.JSX.Element => (
          <MenuItem
            icon={icon}
            onChoose={() => {
              close();
              act();
            }}
          >
            {words}
          </MenuItem>
        );
        return (
          <div className="pai-menu">
            {item('edit', t('panel.rename'), () => props.onDeed('rename'))}
            {item('training', t('registry.train_version'), () =>
              go({
                page: 'training',
                view: 'new',
                query: { model: model.id, version_of: model.id }
              })
            )}
            {item('plus', t('registry.add_version'), () => props.onDeed('version'))}
            {item('split', t('registry.compare_with'), () =>
              go({ page: 'models', view: 'compare', query: { ids: model.id } })
            )}
            <hr />
            {item('models', t('making.merge'), () => props.onDeed('merge'))}
            {item('downloads', t('making.export'), () => props.onDeed('export'))}
            {item('upload', t('making.push'), () => props.onDeed('push'))}
            {item('datasets', t('making.bundle'), () =>
              go({
                page: 'downloads',
                view: 'bundles',
                query: { subject: 'model', id: model.id }
              })
            )}
            {href === null ? null : (
              <a
                data-item
                className="pai-button pai-quiet pai-menu-item"
                href={href}
                download
              >
                <Icon name="downloads" />
                {t('making.download_zip')}
              </a>
            )}
            <hr />
            <MenuItem
              icon="trash"
              danger
              onChoose={() => {
                close();
                props.onDeed('delete');
              }}
            >
              {t('panel.delete')}
            </MenuItem>
          </div>
        );
      }}
    />
  );
}
