/**
 * Where a model comes from and what was made from it: drawn, and said line by line below.
 */
import * as React from 'react';

import { LineageDrawing } from './LineageDrawing';
import { Card } from '../../components/basics';
import { SafeText } from '../../components/SafeText';
import { Failure, Skeleton } from '../../components/states';
import { useApp, useRequest } from '../../hooks';
import { inLanguage } from '../../i18n';
import type { Lineage, Model } from '../../protocol';

/** See the module's comment. */
export function LineageTab({ model }: { model: Model }): React.JSX.Element {
  const { core, t } = useApp();
  const lineage = useRequest(
    () => core.api.models.lineage(model.id),
    [model.id, model.version, model.versions]
  );
  if (!lineage.data) {
    return lineage.error ? (
      <Failure error={lineage.error} onRetry={lineage.reload} />
    ) : (
      <Skeleton height={240} />
    );
  }
  return (
    <>
      <Card title={t('registry.lineage_title')}>
        <p className="pai-card-note pai-quiet">{t('registry.lineage_help')}</p>
        <LineageDrawing lineage={lineage.data} />
      </Card>
      <Spoken lineage={lineage.data} />
    </>
  );
}

/** The same in words, for who cannot or would not read a drawing. */
function Spoken({ lineage }: { lineage: Lineage }): React.JSX.Element | null {
  const { t, lang } = useApp();
  const titles = new Map(lineage.nodes.map(node => [node.id, node.title]));
  if (lineage.edges.length === 0) {
    return null;
  }
  return (
    <details className="pai-lineage-words">
      <summary>{t('registry.lineage_words')}</summary>
      <table className="pai-table">
        <thead>
          <tr>
            <th scope="col">{t('registry.lineage_from')}</th>
            <th scope="col">{t('registry.lineage_how')}</th>
            <th scope="col">{t('registry.lineage_to')}</th>
          </tr>
        </thead>
        <tbody>
          {lineage.edges.map(edge => (
            <tr key={`${edge.source} ${edge.target}`}>
              <td>
                <SafeText text={titles.get(edge.source) ?? edge.source} />
              </td>
              <td>{inLanguage(lang, edge.how)}</td>
              <td>
                <SafeText text={titles.get(edge.target) ?? edge.target} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
