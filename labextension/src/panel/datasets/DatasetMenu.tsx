/**
 * What can be done with a dataset besides training on it.
 */
import * as React from 'react';

import { Menu, MenuItem, MenuLink } from '../../components/Popover';
import { useApp } from '../../hooks';
import { DOWNLOAD_FORMATS } from '../../routes-datasets';

const FORMAT_NAMES = { jsonl: 'JSONL', csv: 'CSV', parquet: 'Parquet' } as const;

export type Deed = 'rename' | 'delete' | 'split' | 'leak';

/** See the module's comment. */
export function DatasetMenu(props: {
  dataset: string;
  version: number | null;
  onDeed: (deed: Deed) => void;
}): React.JSX.Element {
  const { core, t, go } = useApp();
  const deeds = [
    ['split', 'split', 'versions.split'],
    ['leak', 'search', 'versions.leak'],
    ['rename', 'edit', 'panel.rename'],
    ['delete', 'trash', 'panel.delete']
  ] as const;
  return (
    <Menu label={t('panel.more')} icon="more" edge="end">
      {deeds.slice(0, 2).map(([deed, icon, words]) => (
        <MenuItem key={deed} icon={icon} onChoose={() => props.onDeed(deed)}>
          {t(words)}
        </MenuItem>
      ))}
      {DOWNLOAD_FORMATS.map(format => {
        const href = core.transport.url(
          core.api.datasets.downloadPath(props.dataset, format, props.version)
        );
        return href === null ? null : (
          <MenuLink key={format} icon="downloads" href={href}>
            {t('versions.download_as', { format: FORMAT_NAMES[format] })}
          </MenuLink>
        );
      })}
      <MenuItem
        icon="downloads"
        onChoose={() => {
          go({
            page: 'downloads',
            view: 'bundles',
            query: { subject: 'dataset', id: props.dataset }
          });
        }}
      >
        {t('bundles.pack')}
      </MenuItem>
      {deeds.slice(2).map(([deed, icon, words]) => (
        <MenuItem
          key={deed}
          icon={icon}
          danger={deed === 'delete'}
          onChoose={() => props.onDeed(deed)}
        >
          {t(words)}
        </MenuItem>
      ))}
    </Menu>
  );
}
