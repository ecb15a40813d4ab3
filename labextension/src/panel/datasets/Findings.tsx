/**
 * What was found in the rows, how often, and the mend of each as one press. Nothing is changed here:
 * a press puts a step among the steps.
 */
import * as React from 'react';

import { FoundList } from './FoundList';
import { MendButton } from './MendButton';
import { Button, Card } from '../../components/basics';
import { Failure } from '../../components/states';
import { useAction, useApp } from '../../hooks';
import type { DatasetAnalysis } from '../../protocol';
import { useDraft } from '../../state/drafts';

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
  const [draft] = useDraft(dataset);
  const near = useAction(async () => {
    const job = await core.api.datasets.nearDuplicates(dataset, version);
    props.onJob(job.id);
  });
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
      {analysis.findings.length > 0 ? (
        <p className="pai-card-note pai-quiet">{t('quality.findings_help')}</p>
      ) : null}
      <FoundList
        analysis={analysis}
        onRows={props.onRows}
        mend={({ code }) => <MendButton owner={dataset} code={code} version={version} />}
      />
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
