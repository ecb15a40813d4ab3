/**
 * A model in one card: what a notebook shows. Facts, versions, where it comes from; no navigation
 * and nothing that changes it, as code does that there.
 */
import * as React from 'react';

import { LineageTab } from './LineageTab';
import { SourceChip, TagChips, VersionChip } from './ModelChips';
import { ModelFacts } from './ModelFacts';
import { ModelFigures } from './ModelFigures';
import { Versions } from './Versions';
import { Card } from '../../components/basics';
import { SafeText } from '../../components/SafeText';
import { Loadable, Skeleton } from '../../components/states';
import { Tabs } from '../../components/Tabs';
import { useApp, useLive } from '../../hooks';
import type { Model } from '../../protocol';

const TABS = ['about', 'versions', 'lineage'] as const;

/** See the module's comment. */
export function ModelCard({ id }: { id: string }): React.JSX.Element {
  const { core } = useApp();
  const view = useLive(core.model(id));
  return (
    <Loadable view={view} skeleton={<Skeleton height={240} />}>
      {model => <Shown model={model} />}
    </Loadable>
  );
}

function Shown({ model }: { model: Model }): React.JSX.Element {
  const { t } = useApp();
  const [tab, setTab] = React.useState<(typeof TABS)[number]>('about');
  return (
    <div className="pai-stack pai-model-card">
      <div className="pai-title">
        <h1>
          <SafeText text={model.name} />
        </h1>
        <SourceChip model={model} />
        <VersionChip model={model} />
        <TagChips tags={model.tags} />
      </div>
      {model.notes ? (
        <p className="pai-version-note">
          <SafeText text={model.notes} />
        </p>
      ) : null}
      <Tabs
        label={t('registry.tabs')}
        value={tab}
        onChange={next => setTab(TABS.find(one => one === next) ?? 'about')}
        items={TABS.map(one => ({ id: one, label: t(`registry.tab_${one}`) }))}
      />
      {tab === 'about' ? (
        <div className="pai-columns">
          <Card>
            <ModelFacts model={model} still />
          </Card>
          <ModelFigures figures={model.figures} />
        </div>
      ) : tab === 'versions' ? (
        <Versions model={model} still />
      ) : (
        <LineageTab model={model} />
      )}
    </div>
  );
}
