/**
 * The models that one has, those that were found on this machine, and the work on models; each a
 * tab that is part of the place.
 */
import * as React from 'react';

import { FoundTab } from './models/FoundTab';
import { ImportDialog } from './models/ImportDialog';
import { JobsTab } from './models/JobsTab';
import { OwnTab } from './models/OwnTab';
import { ModelRegister } from './ModelsRegister';
import { Button } from '../components/basics';
import { Page } from '../components/Page';
import { Menu, MenuItem } from '../components/Popover';
import { Tabs } from '../components/Tabs';
import { useApp, useLive } from '../hooks';
import { ended } from '../state/job';

const TABS = ['own', 'found', 'jobs'] as const;
/** Where models come from, and where each way begins. */
const WAYS = [
  ['downloads', 'models.bring_hub', { page: 'downloads', view: 'catalogue' }],
  ['models', 'models.register', { page: 'models', view: 'new' }],
  ['search', 'models.bring_found', { page: 'models', view: 'found' }],
  ['upload', 'models.bring_convert', { page: 'models', view: 'import' }],
  ['datasets', 'models.bring_bundle', { page: 'downloads', view: 'bundles' }]
] as const;

/** See the module's comment. */
export function ModelsList(): React.JSX.Element {
  const { core, t, fmt, go, route } = useApp();
  const jobs = useLive(core.modelJobs());
  const running = (jobs.state?.items ?? []).filter(job => !ended(job)).length;
  const tab = TABS.find(one => one === route.view) ?? 'own';
  const leave = (): void => go({ page: 'models' });
  return (
    <Page
      title={t('models.title')}
      sentence={t('models.sentence')}
      actions={
        <>
          <Menu label={t('models.bring')} icon="plus" edge="end" words={t('models.bring')}>
            {WAYS.map(([icon, words, to]) => (
              <MenuItem key={words} icon={icon} onChoose={() => go(to)}>
                {t(words)}
              </MenuItem>
            ))}
          </Menu>
          <Button
            kind="primary"
            icon="training"
            onClick={() => go({ page: 'training', view: 'new' })}
          >
            {t('models.train')}
          </Button>
        </>
      }
    >
      <Tabs
        label={t('models.tabs')}
        value={tab}
        onChange={view =>
          go(view === 'own' ? { page: 'models' } : { page: 'models', view })
        }
        items={TABS.map(id => ({
          id,
          label:
            id === 'jobs' && running > 0
              ? t('models.tab_jobs_running', { n: fmt.number(running) })
              : t(`models.tab_${id}`)
        }))}
      />
      {tab === 'own' ? <OwnTab /> : tab === 'found' ? <FoundTab /> : <JobsTab />}
      {route.view === 'new' ? <ModelRegister onClose={leave} /> : null}
      {route.view === 'import' ? (
        <ImportDialog path={route.query?.['path'] ?? ''} onClose={leave} />
      ) : null}
    </Page>
  );
}
