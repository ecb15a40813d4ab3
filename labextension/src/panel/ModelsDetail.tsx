/**
 * One model: what it is, where it lies, how it did, and what can be done with it.
 */
import * as React from 'react';

import { isSmall } from './chat/Welcome';
import { useRecipeWords } from './datasets/stepWords';
import { useSource } from './Models';
import { Button, Card, Chip, Ltr, When } from '../components/basics';
import { Confirm } from '../components/Dialog';
import { Facts, type Fact } from '../components/Facts';
import { Icon } from '../components/Icon';
import { Page } from '../components/Page';
import { MenuItem, Popover } from '../components/Popover';
import { RenameDialog } from '../components/RenameDialog';
import { SafeText } from '../components/SafeText';
import { Empty, Failure, Skeleton } from '../components/states';
import { Tile } from '../components/Tile';
import { useAction, useApp, useLive, useRequest } from '../hooks';
import type { Model } from '../protocol';
import { taskWords, writes } from '../state/tasks';
import { copyText } from '../text/clipboard';

/** See the module's comment. */
export function ModelDetail({ id }: { id: string }): React.JSX.Element {
  const { core, t, go } = useApp();
  const list = useLive(core.models());
  const asked = useRequest(() => core.api.models.get(id), [id]);
  const model = list.state?.items.find(one => one.id === id) ?? asked.data;
  const crumbs = [{ label: t('models.back'), to: { page: 'models' as const } }];
  if (model) {
    return <Known model={model} />;
  }
  return (
    <Page crumbs={crumbs} title={asked.error ? t('models.missing') : '…'}>
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
  const { core, t, fmt, go } = useApp();
  const live = core.models();
  const sourceOf = useSource();
  const [ask, setAsk] = React.useState<'rename' | 'delete' | null>(null);
  const remove = useAction(async () => {
    await core.api.models.remove(model.id);
    go({ page: 'models' });
    live.update(state => ({
      ...state,
      items: state.items.filter(one => one.id !== model.id)
    }));
  });
  const href = core.transport.url(core.api.models.downloadPath(model.id));
  return (
    <Page
      crumbs={[{ label: t('models.back'), to: { page: 'models' } }]}
      title={<SafeText text={model.name} />}
      state={
        <Chip tone={model.source === 'trained' ? 'accent' : 'quiet'}>
          {sourceOf(model.source)}
        </Chip>
      }
      sentence={isSmall(model) ? t('models.small') : undefined}
      actions={
        <>
          <Popover
            label={t('panel.more')}
            icon="more"
            edge="end"
            content={close => (
              <div className="pai-menu">
                {href === null ? null : (
                  <a
                    data-item
                    className="pai-button pai-quiet pai-menu-item"
                    href={href}
                    download
                  >
                    <Icon name="downloads" />
                    {t('panel.download')}
                  </a>
                )}
                <MenuItem
                  icon="edit"
                  onChoose={() => {
                    close();
                    setAsk('rename');
                  }}
                >
                  {t('panel.rename')}
                </MenuItem>
                <MenuItem
                  icon="trash"
                  danger
                  onChoose={() => {
                    close();
                    setAsk('delete');
                  }}
                >
                  {t('panel.delete')}
                </MenuItem>
              </div>
            )}
          />
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
      <div className="pai-columns">
        <Card title={t('models.facts')}>
          <ModelFacts model={model} source={sourceOf(model.source)} />
        </Card>
        <Figures model={model} />
      </div>
      {ask === 'rename' ? (
        <RenameDialog
          title={t('models.rename_title')}
          name={model.name}
          onRename={async name => {
            const changed = await core.api.models.rename(model.id, name);
            live.update(state => ({
              ...state,
              items: state.items.map(one => (one.id === model.id ? changed : one))
            }));
          }}
          onClose={() => setAsk(null)}
        />
      ) : null}
      {ask === 'delete' ? (
        <Confirm
          title={t('models.delete_title')}
          action={t('panel.delete')}
          danger
          busy={remove.busy}
          onConfirm={() => void remove.run()}
          onClose={() => setAsk(null)}
        >
          {model.source === 'trained'
            ? t('models.delete_help_trained', {
                name: model.name,
                size: fmt.bytes(model.bytes)
              })
            : t('models.delete_help_path', { name: model.name })}
          {remove.error ? <Failure error={remove.error} /> : null}
        </Confirm>
      ) : null}
    </Page>
  );
}

function ModelFacts({
  model,
  source
}: {
  model: Model;
  source: string;
}): React.JSX.Element {
  const { t, fmt, go } = useApp();
  const recipeWords = useRecipeWords();
  const [copied, setCopied] = React.useState(false);
  const { job_id: job } = model;
  const facts: Fact[] = [
    [t('models.fact_task'), t(taskWords(model))],
    [
      t('models.fact_architecture'),
      model.architecture ? <Ltr>{model.architecture}</Ltr> : null
    ],
    [t('models.fact_parameters'), model.parameters ? fmt.number(model.parameters) : null],
    [t('models.fact_bytes'), fmt.bytes(model.bytes)],
    [t('models.fact_vocabulary'), model.vocabulary ? fmt.number(model.vocabulary) : null],
    [
      t('models.fact_context'),
      model.context_length
        ? t('models.fact_context_value', { n: fmt.number(model.context_length) })
        : null
    ],
    [
      t('versions.normaliser'),
      model.normaliser ? (
        <span title={t('versions.normaliser_model')}>{recipeWords(model.normaliser)}</span>
      ) : (
        t('versions.normaliser_none')
      )
    ],
    [t('models.fact_license'), model.license || t('models.fact_license_unknown')],
    [t('models.fact_source'), source],
    [t('models.fact_created'), <When key="when" time={model.created} />],
    [
      t('models.fact_job'),
      job ? (
        <button
          type="button"
          className="pai-link pai-accent-text"
          onClick={() => go({ page: 'training', id: job })}
        >
          {t('models.open_job')}
        </button>
      ) : null
    ],
    [
      t('models.fact_path'),
      <span key="path" className="pai-copyable">
        <SafeText text={model.path} dir="ltr" className="pai-ltr" />
        <Button
          kind="quiet"
          icon={copied ? 'check' : 'copy'}
          title={t('models.copy_path')}
          aria-label={t('models.copy_path')}
          onClick={() => void copyText(model.path).then(setCopied)}
        />
      </span>
    ],
    [t('models.fact_id'), <Ltr key="id">{model.id}</Ltr>]
  ];
  return <Facts facts={facts} />;
}

function Figures({ model }: { model: Model }): React.JSX.Element {
  const { t, fmt } = useApp();
  const figures = Object.entries(model.figures ?? {}).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number'
  );
  const known = {
    eval_perplexity: t('models.figure_eval_perplexity'),
    eval_loss: t('models.figure_eval_loss'),
    best_eval_loss: t('models.figure_best_eval_loss'),
    steps: t('models.figure_steps'),
    tokens: t('models.figure_tokens')
  };
  const rank = Object.keys(known);
  const ordered = figures.sort(([a], [b]) => place(rank, a) - place(rank, b));
  return (
    <div className="pai-stack">
      {ordered.length === 0 ? (
        <Card title={t('models.figures')}>
          <Empty title={t('models.no_figures')} />
        </Card>
      ) : (
        <>
          <div className="pai-tiles">
            {ordered.map(([name, value]) => (
              <Tile
                key={name}
                label={known[name as keyof typeof known] ?? <Ltr>{name}</Ltr>}
                tip={name}
                value={
                  Number.isInteger(value)
                    ? fmt.number(value)
                    : fmt.number(value, value < 10 ? 3 : 1)
                }
              />
            ))}
          </div>
          <p className="pai-quiet pai-small">{t('models.figures_help')}</p>
        </>
      )}
    </div>
  );
}

function place(rank: readonly string[], name: string): number {
  const at = rank.indexOf(name);
  return at === -1 ? rank.length : at;
}
