/**
 * One repository in detail: what the catalogue knows of it, and what the Hub says now. Without the
 * Hub the catalogue's part stands alone.
 */
import * as React from 'react';

import { Actions } from './Actions';
import { FitChip, StandChip, TaskName, TradeChip } from './Badges';
import { useSize } from './EntryCard';
import { Files } from './Files';
import { useMonth } from './month';
import { NeedsToken } from './NeedsToken';
import { OfflineBanner, useOffline } from './OfflineBanner';
import { useCompleted, useDownload } from './underWay';
import { Card, Chip, Ltr, When } from '../../components/basics';
import { Facts, type Fact } from '../../components/Facts';
import { Page } from '../../components/Page';
import { Failure, Skeleton } from '../../components/states';
import { useApp, useRequest, type Loaded } from '../../hooks';
import { inLanguage } from '../../i18n';
import type { CatalogueItem, HubRepo, Licence } from '../../protocol';
import type { RepoType } from '../../routes-catalogue';

function useRepo(type: RepoType, repo: string): Loaded<HubRepo> {
  const { core } = useApp();
  const completed = useCompleted();
  const offline = useOffline();
  return useRequest(
    () => core.api.catalogue.repo(type, repo),
    [type, repo, completed, offline]
  );
}

function useCrumbs(tab: 'catalogue' | 'hub') {
  const { t } = useApp();
  return [
    {
      label: t(tab === 'hub' ? 'downloads.tab_hub' : 'downloads.tab_catalogue'),
      to: { page: 'downloads' as const, view: tab }
    }
  ];
}

/** An entry of the catalogue. */
export function EntryPage({ id }: { id: string }): React.JSX.Element {
  const { core, t } = useApp();
  const completed = useCompleted();
  const { data, error, reload } = useRequest(
    () => core.api.catalogue.get(id),
    [id, completed]
  );
  const crumbs = useCrumbs('catalogue');
  if (data) {
    return <Entry item={data} onChange={reload} />;
  }
  return (
    <Page crumbs={crumbs} title={error ? t('downloads.missing') : '…'}>
      {error ? <Failure error={error} onRetry={reload} /> : <Skeleton height={260} />}
    </Page>
  );
}

function Entry({
  item,
  onChange
}: {
  item: CatalogueItem;
  onChange: () => void;
}): React.JSX.Element {
  const { t, lang } = useApp();
  const job = useDownload(item.type, item.repo_id);
  const crumbs = useCrumbs('catalogue');
  return (
    <Page
      crumbs={crumbs}
      title={<bdi>{item.name}</bdi>}
      state={<StandChip repo={item} job={job} />}
      sentence={inLanguage(lang, item.good_for)}
    >
      <OfflineBanner />
      <div className="pai-flow pai-shelf-head">
        <FitChip fits={item.fits} />
        <TradeChip commercial={item.commercial} />
        {item.gated ? <Chip tone="warm">{t('downloads.gated')}</Chip> : null}
        {item.repo_id && item.open ? (
          <Acting item={item} job={job} onChange={onChange} />
        ) : null}
      </div>
      {item.gated && item.open ? <NeedsToken /> : null}
      <div className="pai-columns">
        <div className="pai-stack">
          <Card title={t('downloads.know')}>
            <div className="pai-pad pai-stack">
              <p>{inLanguage(lang, item.note)}</p>
              {item.gated ? (
                <p className="pai-warm-text">{t('downloads.gated_long')}</p>
              ) : null}
              <Used item={item} />
              {item.installed === 'fetched' && item.type === 'model' ? (
                <p className="pai-quiet">{t('downloads.fetched_long')}</p>
              ) : null}
            </div>
          </Card>
          {item.repo_id && item.open ? (
            <LiveFiles type={item.type} repo={item.repo_id} />
          ) : null}
        </div>
        <EntryFactsCard item={item} />
      </div>
    </Page>
  );
}

function Acting({
  item,
  job,
  onChange
}: {
  item: CatalogueItem;
  job: ReturnType<typeof useDownload>;
  onChange: () => void;
}): React.JSX.Element {
  return (
    <div className="pai-shelf-act">
      <Actions
        primary
        wanted={{
          type: item.type,
          repo: item.repo_id,
          name: item.name,
          installed: item.installed,
          open: item.open,
          path: item.path,
          model: item.model_id,
          told: true,
          job
        }}
        onChange={onChange}
      />
    </div>
  );
}

function LiveFiles({ type, repo }: { type: RepoType; repo: string }): React.JSX.Element {
  return <Files asked={useRepo(type, repo)} />;
}

function Used({ item }: { item: CatalogueItem }): React.JSX.Element | null {
  const { t } = useApp();
  if (item.type === 'dataset' || item.uses.length > 0) {
    return null;
  }
  return <p className="pai-quiet">{t('downloads.use_none')}</p>;
}

function LicenceFact({ licence }: { licence: Licence }): React.JSX.Element {
  const { lang } = useApp();
  return (
    <>
      <bdi>{licence.name}</bdi>
      <small className="pai-quiet">{inLanguage(lang, licence.summary)}</small>
    </>
  );
}

function EntryFactsCard({ item }: { item: CatalogueItem }): React.JSX.Element {
  const { t, fmt, lang } = useApp();
  const month = useMonth();
  const size = useSize();
  const basis = item.tokens_basis;
  const facts: Fact[] = [
    [t('downloads.repo_id'), item.repo_id ? <Ltr>{item.repo_id}</Ltr> : null],
    [t('downloads.task'), <TaskName key="task" task={item.task} />],
    [t('downloads.size'), size(item) ?? t('downloads.not_known')],
    [
      t('downloads.memory'),
      item.type === 'dataset' ? null : item.memory_bytes ? (
        <span title={t('downloads.memory_tip')}>{fmt.bytes(item.memory_bytes)}</span>
      ) : (
        t('downloads.not_known')
      )
    ],
    [
      t('downloads.fertility'),
      item.tokens_per_word && basis ? (
        <>
          {fmt.number(item.tokens_per_word, 2)}
          <small className="pai-quiet">{t(`downloads.tokens_${basis}`)}</small>
        </>
      ) : null
    ],
    [
      t('downloads.uses'),
      item.type === 'model' && item.uses.length > 0
        ? item.uses.map(use => t(`downloads.use_${use}`)).join(lang === 'fa' ? '، ' : ', ')
        : null
    ],
    [t('downloads.license'), <LicenceFact key="licence" licence={item.licence} />],
    [t('downloads.sure'), t(`downloads.sure_${item.sure}`)],
    [t('downloads.checked'), month(item.verified)],
    [t('downloads.place'), item.path ? <Ltr>{item.path}</Ltr> : null]
  ];
  return (
    <Card title={t('downloads.facts')} className="pai-known">
      <Facts facts={facts} />
    </Card>
  );
}

/** A repository that only the Hub knows. */
export function RepoPage({
  type,
  repo
}: {
  type: RepoType;
  repo: string;
}): React.JSX.Element {
  const { t } = useApp();
  const asked = useRepo(type, repo);
  const job = useDownload(type, repo);
  const crumbs = useCrumbs('hub');
  const told = asked.data;
  return (
    <Page
      crumbs={crumbs}
      title={
        <bdi dir="ltr" className="pai-ltr">
          {repo}
        </bdi>
      }
      state={told ? <StandChip repo={told} job={job} /> : null}
    >
      <OfflineBanner />
      {told ? (
        <div className="pai-flow pai-shelf-head">
          <FitChip fits={told.fits} />
          {told.licence ? <TradeChip commercial={told.licence.commercial} /> : null}
          {told.gated ? <Chip tone="warm">{t('downloads.gated')}</Chip> : null}
          {told.private ? <Chip tone="quiet">{t('downloads.private')}</Chip> : null}
          <div className="pai-shelf-act">
            <Actions
              primary
              wanted={{
                type,
                repo: told.repo_id,
                name: told.repo_id,
                installed: told.installed,
                path: told.path,
                model: told.model_id,
                refused: told.refused !== null,
                told: true,
                job
              }}
              onChange={asked.reload}
            />
          </div>
        </div>
      ) : null}
      {told?.gated || told?.private ? <NeedsToken /> : null}
      <div className={told ? 'pai-columns' : 'pai-stack'}>
        <Files asked={asked} />
        {told ? <RepoFactsCard repo={told} /> : null}
      </div>
    </Page>
  );
}

function RepoFactsCard({ repo }: { repo: HubRepo }): React.JSX.Element {
  const { t, fmt } = useApp();
  const facts: Fact[] = [
    [t('downloads.kind'), t(`downloads.type_${repo.type}`)],
    [t('downloads.task'), repo.task ? <TaskName task={repo.task} /> : null],
    [t('downloads.library'), repo.library ? <Ltr>{repo.library}</Ltr> : null],
    [
      t('downloads.size'),
      repo.parameters ? t('downloads.parameters', { n: fmt.short(repo.parameters) }) : null
    ],
    [
      t('downloads.memory'),
      repo.memory_bytes ? (
        <span title={t('downloads.memory_tip')}>{fmt.bytes(repo.memory_bytes)}</span>
      ) : null
    ],
    [
      t('downloads.license'),
      repo.licence ? (
        <LicenceFact licence={repo.licence} />
      ) : repo.license ? (
        <Ltr>{repo.license}</Ltr>
      ) : (
        t('downloads.not_known')
      )
    ],
    [
      t('downloads.popularity'),
      t('downloads.popularity_is', {
        downloads: fmt.short(repo.downloads),
        likes: fmt.short(repo.likes)
      })
    ],
    [t('downloads.updated'), repo.updated ? <When time={repo.updated} /> : null],
    [t('downloads.place'), repo.path ? <Ltr>{repo.path}</Ltr> : null]
  ];
  return (
    <Card title={t('downloads.facts')} className="pai-known">
      <Facts facts={facts} />
    </Card>
  );
}
