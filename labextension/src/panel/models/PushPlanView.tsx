/**
 * All that a push would send: where to, as whom, every file, and the card, which can be rewritten.
 */
import * as React from 'react';

import { Chip, Ltr } from '../../components/basics';
import { Facts } from '../../components/Facts';
import { Icon } from '../../components/Icon';
import { SafeText } from '../../components/SafeText';
import { Sentence } from '../../components/Sentence';
import { useApp } from '../../hooks';
import { inLanguage } from '../../i18n';
import type { PushPlan } from '../../protocol';

/** See the module's comment. */
export function PushPlanView(props: {
  plan: PushPlan;
  card: string;
  onCard: (card: string) => void;
}): React.JSX.Element {
  const { t, fmt, lang } = useApp();
  const { plan } = props;
  const id = React.useId();
  const same = plan.files.filter(file => file.change === 'same').length;
  return (
    <div className="pai-plan">
      <Facts
        facts={[
          [
            t('making.plan_repo'),
            <span key="repo" className="pai-flow">
              <Ltr>{plan.repo_id}</Ltr>
              <Chip tone={plan.exists ? 'warm' : 'accent'}>
                {t(plan.exists ? 'making.plan_exists' : 'making.plan_new')}
              </Chip>
              <Chip tone={plan.private ? 'quiet' : 'warm'}>
                {t(plan.private ? 'making.plan_private' : 'making.plan_public')}
              </Chip>
            </span>
          ],
          [t('making.plan_account'), <Ltr key="account">{plan.account}</Ltr>],
          [t('making.plan_endpoint'), <Ltr key="endpoint">{plan.endpoint}</Ltr>],
          [
            t('making.push_license'),
            plan.license ? (
              <Ltr key="license">{plan.license}</Ltr>
            ) : (
              t('models.fact_license_unknown')
            )
          ],
          [t('making.plan_bytes'), fmt.bytes(plan.bytes)]
        ]}
      />
      {plan.warnings.map(warning => (
        <p key={warning.en} className="pai-warned pai-small">
          <Icon name="warning" />
          <span>
            <Sentence text={inLanguage(lang, warning)} />
          </span>
        </p>
      ))}
      <h3>
        {t('making.plan_files', {
          n: fmt.number(plan.files.length),
          same: fmt.number(same)
        })}
      </h3>
      <div
        className="pai-table-frame pai-plan-files"
        tabIndex={0}
        role="region"
        aria-label={t('making.plan_file')}
      >
        <table className="pai-table">
          <thead>
            <tr>
              <th scope="col">{t('making.plan_file')}</th>
              <th scope="col">{t('making.plan_size')}</th>
              <th scope="col">{t('making.plan_change_of')}</th>
            </tr>
          </thead>
          <tbody>
            {plan.files.map(file => (
              <tr key={file.name}>
                <td title={file.sha256 ? `sha256 ${file.sha256}` : undefined}>
                  <SafeText text={file.name} dir="ltr" className="pai-ltr" />
                </td>
                <td className="pai-num">{fmt.bytes(file.bytes)}</td>
                <td>{t(`making.change_${file.change}`)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <label htmlFor={id} className="pai-strong">
        {t('making.plan_card')}
      </label>
      <textarea
        id={id}
        className="pai-input pai-plan-card"
        rows={6}
        maxLength={100_000}
        dir="auto"
        value={props.card}
        onChange={event => props.onCard(event.currentTarget.value)}
      />
      <small className="pai-quiet">{t('making.plan_card_help')}</small>
    </div>
  );
}
