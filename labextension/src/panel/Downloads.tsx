/**
 * Find and download: the catalogue, a live search of the Hub, what is under way, and bundles. The
 * place says which tab, or which repository's details.
 */
import * as React from 'react';

import { BundlesTab } from './bundles/BundlesTab';
import { CatalogueTab } from './downloads/CatalogueTab';
import { EntryPage, RepoPage } from './downloads/Details';
import { HubTab } from './downloads/HubTab';
import { OfflineBanner } from './downloads/OfflineBanner';
import { RunningTab } from './downloads/RunningTab';
import { useRunning } from './downloads/underWay';
import { Page } from '../components/Page';
import { Tabs } from '../components/Tabs';
import { useApp } from '../hooks';

const TABS = ['catalogue', 'hub', 'running', 'bundles'] as const;
type Tab = (typeof TABS)[number];

/** See the module's comment. */
export function Downloads(): React.JSX.Element {
  const { route } = useApp();
  const { id, view } = route;
  if (id !== undefined && view === 'entry') {
    return <EntryPage key={id} id={id} />;
  }
  if (id !== undefined && (view === 'model' || view === 'dataset')) {
    return <RepoPage key={`${view}:${id}`} type={view} repo={id} />;
  }
  return <Tabbed />;
}

function Tabbed(): React.JSX.Element {
  const { route, go, t, fmt } = useApp();
  const count = useRunning();
  // A link to a download (`download:ID`) has an id and no view.
  const asked = route.id !== undefined ? 'running' : route.view;
  const tab: Tab = TABS.find(one => one === asked) ?? 'catalogue';
  const running =
    count > 0
      ? t('downloads.tab_running_n', { n: fmt.number(count) })
      : t('downloads.tab_running');
  return (
    <Page title={t('downloads.title')} sentence={t('downloads.sentence')}>
      <OfflineBanner />
      <Tabs
        label={t('downloads.tabs')}
        value={tab}
        onChange={view => go({ page: 'downloads', view })}
        items={[
          { id: 'catalogue', label: t('downloads.tab_catalogue') },
          { id: 'hub', label: t('downloads.tab_hub') },
          { id: 'running', label: running },
          { id: 'bundles', label: t('bundles.tab') }
        ]}
      />
      {tab === 'catalogue' ? <CatalogueTab /> : null}
      {tab === 'hub' ? <HubTab /> : null}
      {tab === 'running' ? <RunningTab /> : null}
      {tab === 'bundles' ? <BundlesTab /> : null}
    </Page>
  );
}
