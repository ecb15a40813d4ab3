/**
 * What was found in the rows of a version: how often, what it means, what mends it.
 */
import * as React from 'react';

import { useFindingNames } from './RowParts';
import { Button, Chip } from '../../components/basics';
import { Empty } from '../../components/states';
import { useApp } from '../../hooks';
import { inLanguage } from '../../i18n';
import type { DatasetAnalysis, FindingCount } from '../../protocol';

/** See the module's comment. `mend` draws what stands beside a finding's rows. */
export function FoundList(props: {
  analysis: DatasetAnalysis;
  onRows: (code: string) => void;
  mend?: (finding: FindingCount) => React.ReactNode;
}): React.JSX.Element {
  const { t } = useApp();
  const { analysis, mend } = props;
  const found = [...analysis.findings].sort((a, b) => b.rows - a.rows);
  if (found.length === 0) {
    return (
      <Empty icon="check" title={t('quality.findings_none')}>
        {t('quality.findings_none_help')}
      </Empty>
    );
  }
  return (
    <ul className="pai-findings">
      {found.map(finding => (
        <li key={finding.code}>
          <What finding={finding} rows={analysis.rows} />
          <div className="pai-acts">
            <Button kind="quiet" onClick={() => props.onRows(finding.code)}>
              {t('quality.see_rows')}
            </Button>
            {mend?.(finding)}
          </div>
        </li>
      ))}
    </ul>
  );
}

function What({
  finding,
  rows
}: {
  finding: FindingCount;
  rows: number;
}): React.JSX.Element {
  const { t, fmt, lang } = useApp();
  const { nameOf } = useFindingNames();
  const share = rows > 0 ? finding.rows / rows : 0;
  return (
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
  );
}
