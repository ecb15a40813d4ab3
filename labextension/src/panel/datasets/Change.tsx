/**
 * Building the next version: steps in order, what they would do to the first rows, and the press that
 * makes it. Nothing is made before that.
 */
import * as React from 'react';

import { StepCounts } from './MakingCard';
import { StepForm } from './StepForm';
import { useStepWords } from './stepWords';
import { StepsPreview } from './StepsPreview';
import { useNormalisers } from './useNormalisers';
import { Button, Card, Chip } from '../../components/basics';
import { Field } from '../../components/Field';
import { Menu, MenuItem } from '../../components/Popover';
import { Empty, Failure } from '../../components/states';
import { toApiError, type ApiError } from '../../errors';
import { useAction, useApp } from '../../hooks';
import { newKey } from '../../key';
import type { DatasetVersion, StepCount, VersionPreview } from '../../protocol';
import { useDraft } from '../../state/drafts';
import { complete, moved, newStep, STEP_KINDS, type Step } from '../../state/steps';

/** A preview is asked for after this much rest, in milliseconds. */
const REST_MS = 500;
const NOTE_AT_MOST = 500;

/** See the module's comment. */
export function Change(props: {
  dataset: string;
  versions: readonly DatasetVersion[];
  newest: DatasetVersion;
  onJob: (job: string) => void;
}): React.JSX.Element {
  const { core, t, fmt } = useApp();
  const { dataset, versions, newest } = props;
  const [draft, change] = useDraft(dataset);
  const normalisers = useNormalisers();
  const [open, setOpen] = React.useState<number | null>(null);
  const base = versions.find(one => one.number === draft.version) ?? newest;
  // A step that does not say enough yet is left out of the preview, and keeps the version waiting.
  const said = draft.steps.filter(complete);
  const ready = said.length > 0 && said.length === draft.steps.length;
  const preview = usePreview(dataset, base.number, said.length > 0 ? said : null);

  const key = React.useMemo(newKey, [draft]);
  const make = useAction(async () => {
    const job = await core.api.datasets.makeVersion(
      dataset,
      { version: base.number, steps: [...draft.steps], note: draft.note.trim() },
      key
    );
    change({ steps: [], note: '', version: null });
    props.onJob(job.id);
  });
  const setSteps = (steps: Step[]): void => change({ steps });
  return (
    <div className="pai-change">
      <Card
        title={t('versions.steps')}
        action={
          <Menu
            label={t('versions.add')}
            icon="plus"
            edge="end"
            words={t('versions.add')}
            panelClass="pai-step-menu"
          >
            {STEP_KINDS.map(kind => (
              <MenuItem
                key={kind}
                onChoose={() => {
                  const step = newStep(kind, base.shape, normalisers?.default);
                  setSteps([...draft.steps, step]);
                  setOpen(draft.steps.length);
                }}
              >
                <span>
                  <b>{t(`versions.step_${kind}`)}</b>
                  <small>{t(`versions.help_${kind}`)}</small>
                </span>
              </MenuItem>
            ))}
          </Menu>
        }
      >
        <div className="pai-pad pai-stack">
          <p className="pai-quiet">{t('versions.steps_help')}</p>
          {versions.length > 1 ? (
            <Field label={t('versions.from_version')}>
              {ids => (
                <select
                  {...ids}
                  className="pai-input"
                  value={base.number}
                  onChange={event => change({ version: Number(event.currentTarget.value) })}
                >
                  {versions.map(({ number }) => (
                    <option key={number} value={number}>
                      {t('versions.version', { n: fmt.number(number) })}
                    </option>
                  ))}
                </select>
              )}
            </Field>
          ) : null}
          {draft.steps.length === 0 ? (
            <Empty icon="edit" title={t('versions.steps_empty')}>
              {t('versions.steps_empty_help')}
            </Empty>
          ) : (
            <ol className="pai-steps">
              {draft.steps.map((step, at) => (
                <StepItem
                  key={`${at} ${step.kind ?? ''}`}
                  step={step}
                  place={at + 1}
                  complete={complete(step)}
                  count={
                    complete(step)
                      ? preview.counts[draft.steps.slice(0, at).filter(complete).length]
                      : undefined
                  }
                  open={open === at}
                  first={at === 0}
                  last={at + 1 === draft.steps.length}
                  onToggle={() => setOpen(open === at ? null : at)}
                  onMove={by => {
                    setSteps(moved(draft.steps, at, by));
                    setOpen(open === at ? at + by : null);
                  }}
                  onRemove={() => {
                    setSteps(draft.steps.filter((_, place) => place !== at));
                    setOpen(null);
                  }}
                >
                  <StepForm
                    step={step}
                    dataset={dataset}
                    base={base}
                    onChange={next =>
                      setSteps(draft.steps.map((old, place) => (place === at ? next : old)))
                    }
                  />
                </StepItem>
              ))}
            </ol>
          )}
          {draft.steps.length > 0 ? (
            <>
              <Field label={t('versions.note')}>
                {ids => (
                  <input
                    {...ids}
                    className="pai-input"
                    dir="auto"
                    maxLength={NOTE_AT_MOST}
                    value={draft.note}
                    onChange={event => change({ note: event.currentTarget.value })}
                  />
                )}
              </Field>
              <div className="pai-flow">
                <Button
                  kind="primary"
                  icon="check"
                  busy={make.busy}
                  disabled={!ready}
                  onClick={() => void make.run()}
                >
                  {t('versions.make')}
                </Button>
                <Button kind="quiet" onClick={() => change({ steps: [], note: '' })}>
                  {t('versions.clear')}
                </Button>
              </div>
            </>
          ) : null}
          {make.error ? <Failure error={make.error} onClose={make.clear} /> : null}
        </div>
      </Card>
      {said.length > 0 ? (
        <StepsPreview
          preview={preview.data}
          error={preview.error}
          busy={preview.busy}
          shape={base.shape}
        />
      ) : null}
    </div>
  );
}

function StepItem(props: {
  step: Step;
  place: number;
  complete: boolean;
  count: StepCount | undefined;
  open: boolean;
  first: boolean;
  last: boolean;
  onToggle: () => void;
  onMove: (by: number) => void;
  onRemove: () => void;
  children: React.ReactNode;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  const words = useStepWords();
  const { step, count, open } = props;
  const id = React.useId();
  return (
    <li className="pai-step" data-open={open || undefined}>
      <div className="pai-step-head">
        <button
          type="button"
          className="pai-step-title"
          aria-expanded={open}
          aria-controls={id}
          onClick={props.onToggle}
        >
          <span className="pai-step-place pai-num" aria-hidden="true">
            {fmt.number(props.place)}
          </span>
          <span>
            <b>{words.title(step.kind ?? '')}</b>
            <small>
              <bdi>{words.summary(step)}</bdi>
            </small>
          </span>
          {count ? <StepCounts count={count} /> : null}
          {props.complete ? null : <Chip tone="warm">{t('versions.incomplete')}</Chip>}
        </button>
        <Button
          kind="quiet"
          icon="up"
          disabled={props.first}
          aria-label={t('versions.up')}
          title={t('versions.up')}
          onClick={() => props.onMove(-1)}
        />
        <Button
          kind="quiet"
          icon="down"
          disabled={props.last}
          aria-label={t('versions.down')}
          title={t('versions.down')}
          onClick={() => props.onMove(1)}
        />
        <Button
          kind="quiet"
          icon="close"
          aria-label={t('versions.remove')}
          title={t('versions.remove')}
          onClick={props.onRemove}
        />
      </div>
      <div id={id} className="pai-step-form" hidden={!open}>
        {open ? props.children : null}
      </div>
    </li>
  );
}

interface Previewed {
  data: VersionPreview | null;
  /** What each step did, while the preview is of these steps. */
  counts: readonly StepCount[];
  busy: boolean;
  error: ApiError | null;
}

/** What the steps would do, asked for when they have rested; the last answer stays meanwhile. */
function usePreview(
  dataset: string,
  version: number,
  steps: readonly Step[] | null
): Previewed {
  const { core } = useApp();
  const [answer, setAnswer] = React.useState<{
    of: string;
    data: VersionPreview | null;
    error: ApiError | null;
  }>({ of: '', data: null, error: null });
  const key = steps === null ? '' : JSON.stringify([version, steps]);
  React.useEffect(() => {
    if (key === '') {
      return undefined;
    }
    let current = true;
    const timer = window.setTimeout(() => {
      const [from, wanted] = JSON.parse(key) as [number, Step[]];
      core.api.datasets.tryVersion(dataset, { version: from, steps: wanted }).then(
        data => current && setAnswer({ of: key, data, error: null }),
        (reason: unknown) =>
          current &&
          setAnswer(old => ({ of: key, data: old.data, error: toApiError(reason) }))
      );
    }, REST_MS);
    return () => {
      current = false;
      window.clearTimeout(timer);
    };
  }, [core, dataset, key]);
  const fresh = answer.of === key;
  return {
    data: key === '' ? null : answer.data,
    counts: fresh && answer.error === null ? (answer.data?.counts ?? []) : [],
    busy: key !== '' && !fresh,
    error: fresh ? answer.error : null
  };
}
