/**
 * The mend of a finding as one press: it puts a step among the steps that wait.
 */
import * as React from 'react';

import { Button } from '../../components/basics';
import { Icon } from '../../components/Icon';
import { useApp } from '../../hooks';
import type { FindingCode } from '../../protocol';
import { useDraft } from '../../state/drafts';
import { mendOf, mends, withMend } from '../../state/steps';

/** Nothing for a finding without a mend. `owner` is whose steps they are. */
export function MendButton(props: {
  owner: string;
  code: FindingCode;
  version: number | null;
}): React.JSX.Element | null {
  const { t } = useApp();
  const { owner, code, version } = props;
  const [draft, change] = useDraft(owner);
  if (mendOf(code) === null) {
    return null;
  }
  return mends(draft.steps, code) ? (
    <span className="pai-good-text">
      <Icon name="check" /> {t('quality.added')}
    </span>
  ) : (
    <Button
      icon="plus"
      onClick={() => change(old => ({ steps: withMend(old.steps, code), version }))}
    >
      {t('quality.add_step')}
    </Button>
  );
}
