/**
 * One model in tabs: what it is, its versions, where it comes from, what its tokenizer makes of
 * Persian. The tab is part of the place.
 */
import * as React from 'react';

import { isSmall } from './chat/Welcome';
import { AboutTab } from './models/AboutTab';
import { LineageTab } from './models/LineageTab';
import { SourceChip, VersionChip } from './models/ModelChips';
import { ModelDeeds, type Deed } from './models/ModelDeeds';
import { ModelMenu } from './models/ModelMenu';
import { TokenizerTab } from './models/TokenizerTab';
import { Versions } from './models/Versions';
import { Button } from '../components/basics';
import { Page } from '../components/Page';
import { SafeText } from '../components/SafeText';
import { Failure, Skeleton } from '../components/states';
import { Tabs } from '../components/Tabs';
import { useApp, useLive, useRequest } from '../hooks';
import type { Model } from '../protocol';
import { writes } from '../state/tasks';

const TABS = ['about', 'versions', 'lineage', 'tokenizer'] as const;
type TabName = (typeof TABS)[number];

/** See the module's comment. */
export function ModelDetail({ id }: { id: string }): React.JSX.Element {
  const { core, t, go } = useApp();
  const list = useLive(core.models());
  const asked = useRequest(() => core.api.models.get(id), [id]);
  const model = list.state?.items.find(one => one.id === id) ?? asked.data;
  if (model) {
    return <Known model={model} />;
  }
  return (
    <Page
      crumbs={[{ label: t('models.back'), to: { page: 'models' } }]}
      title={asked.error ? t('models.missing') : '…'}
    >
      {asked.error ? (
        <>
          <Failure error={asked.error} onRetry={asked.reload} />
          <div className="pai-flow">
            <Button onClick={() => go({ page: 'models' })}>{t('models.back')}</Button>
          </div>
        </>
      ) : (
        <Skeleton height={260} />
      )}
    </Page>
  );
}

function Known({ model }: { model: Model }): React.JSX.Element {
  const { t, go, route } = useApp();
  const [deed, setDeed] = React.useState<Deed | null>(null);
  const tab = TABS.find(one => one === route.view) ?? 'about';
  const visit = (view: TabName): void => go({ page: 'models', id: model.id, view });
  return (
    <Page
      wide={tab === 'lineage'}
      crumbs={[{ label: t('models.back'), to: { page: 'models' } }]}
      title={<SafeText text={model.name} />}
      state={
        <>
          <SourceChip model={model} />
          <VersionChip model={model} />
        </>
      }
      sentence={isSmall(model) ? t('models.small') : undefined}
      actions={
        <>
          <ModelMenu model={model} onDeed={setDeed} />
          <Button
            icon="training"
            onClick={() =>
              go({ page: 'training', view: 'new', query: { model: model.id } })
            }
          >
            {t('models.continue')}
          </Button>
          {writes(model) ? (
            <Button
              kind="primary"
              icon="chat"
              onClick={() => go({ page: 'chat', query: { model: model.id } })}
            >
              {t('models.chat')}
            </Button>
          ) : null}
        </>
      }
    >
      <Tabs
        label={t('registry.tabs')}
        value={tab}
        onChange={next => visit(TABS.find(one => one === next) ?? 'about')}
        items={TABS.map(id => ({ id, label: t(`registry.tab_${id}`) }))}
      />
      {tab === 'about' ? (
        <AboutTab model={model} />
      ) : tab === 'versions' ? (
        <Versions model={model} />
      ) : tab === 'lineage' ? (
        <LineageTab model={model} />
      ) : (
        <TokenizerTab model={model} />
      )}
      <ModelDeeds model={model} deed={deed} onEnd={() => setDeed(null)} />
    </Page>
  );
}
