/**
 * What was found in the rows, how often, and the mend of each as one press. Nothing is changed here:
 * a press puts a step among the steps.
 */
import * as React from 'react';

import { useFindingNames } from './RowParts';
import { Button, Card, Chip } from '../../components/basics';
import { Icon } from '../../components/Icon';
import { Empty, Failure } from '../../components/states';
import { useAction, useApp } from '../../hooks';
import { inLanguage } from '../../i18n';
import type { DatasetAnalysis, FindingCount } from '../../protocol';
import { useDraft } from '../../state/drafts';
import { mendOf, mends, withMend } from '../../state/steps';

/** See the module's comment. */
export function Findings(props: {
  dataset: string;
  analysis: DatasetAnalysis;
  version: number | null;
  onRows: (code: string) => void;
  onSteps: () => void;
  onJob: (job: string) => void;
  onLeak: () => void;
}): React.JSX.Element {
  const { core, t, fmt } = useApp();
  const { dataset, analysis, version } = props;
  const [draft, change] = useDraft(dataset);
  const near = useAction(async () => {
    const job = await core.api.datasets.nearDuplicates(dataset, version);
    props.onJob(job.id);
  });
  const found = [...analysis.findings].sort((a, b) => b.rows - a.rows);
  return (
    <Card
      title={t('quality.findings')}
      action={
        draft.steps.length > 0 ? (
          <Button kind="primary" onClick={props.onSteps}>
            {t('quality.to_steps', { n: fmt.number(draft.steps.length) })}
          </Button>
        ) : undefined
      }
    >
      {found.length === 0 ? (
        <Empty icon="check" title={t('quality.findings_none')}>
          {t('quality.findings_none_help')}
        </Empty>
      ) : (
        <>
          <p className="pai-card-note pai-quiet">{t('quality.findings_help')}</p>
          <ul className="pai-findings">
            {found.map(finding => (
              <FindingLine
                key={finding.code}
                finding={finding}
                rows={analysis.rows}
                among={mends(draft.steps, finding.code)}
                onRows={() => props.onRows(finding.code)}
                onMend={() =>
                  change(old => ({ steps: withMend(old.steps, finding.code), version }))
                }
              />
            ))}
          </ul>
        </>
      )}
      <div className="pai-card-foot">
        {analysis.near_duplicates_known ? null : (
          <>
            <span className="pai-quiet">{t('quality.near_unknown')}</span>
            <Button icon="search" busy={near.busy} onClick={() => void near.run()}>
              {t('quality.near_look')}
            </Button>
          </>
        )}
        <Button onClick={props.onLeak}>{t('quality.leak_look')}</Button>
      </div>
      {near.error ? <Failure error={near.error} onClose={near.clear} /> : null}
    </Card>
  );
}

function FindingLine(props: {
  finding: FindingCount;
  rows: number;
  among: boolean;
  onRows: () => void;
  onMend: () => void;
}): React.JSX.Element {
  const { t, fmt, lang } = useApp();
  const { nameOf } = useFindingNames();
  const { finding, rows, among } = props;
  const share = rows > 0 ? finding.rows / rows : 0;
  return (
    <li>
      <div className="pai-finding-what">
        <span className="pai-flow">
          <strong>{inLanguage(lang, finding.title) || nameOf(finding.code)}</strong>
          <Chip tone="warm">
            {t('quality.rows_have', {
              n: fmt.number(finding.rows),
              share: fmt.percent(share)
            })}
          </Chip>
        </span>
        <span className="pai-label-bar" aria-hidden="true">
          <i style={{ inlineSize: `${Math.max(0.5, share * 100).toFixed(1)}%` }} />
        </span>
        <span>{inLanguage(lang, finding.help)}</span>
        <small className="pai-quiet">{inLanguage(lang, finding.mend)}</small>
      </div>
      <div className="pai-acts">
        <Button kind="quiet" onClick={props.onRows}>
          {t('quality.see_rows')}
        </Button>
        {mendOf(finding.code) === null ? null : among ? (
          <span className="pai-good-text">
            <Icon name="check" /> {t('quality.added')}
          </span>
        ) : (
          <Button icon="plus" onClick={props.onMend}>
            {t('quality.add_step')}
          </Button>
        )}
      </div>
    </li>
  );
}
