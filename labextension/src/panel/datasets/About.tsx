/**
 * Where a dataset is from, how it was read, and what of the file was left out.
 */
import * as React from 'react';

import { useDatasetSource } from '../Datasets';
import { useFileFacts } from './ImportReport';
import { ProblemTable } from './Problems';
import { useRecipeWords } from './stepWords';
import { Card, Ltr, When } from '../../components/basics';
import { Facts } from '../../components/Facts';
import { SafeText } from '../../components/SafeText';
import { useApp } from '../../hooks';
import type { Dataset, DatasetVersion } from '../../protocol';

/** See the module's comment. */
export function About(props: {
  dataset: Dataset;
  version: DatasetVersion;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  const sourceOf = useDatasetSource();
  const recipeWords = useRecipeWords();
  const { dataset, version } = props;
  const { report } = version;
  const file = useFileFacts(report);
  const { problems = [], skipped = 0 } = report;
  return (
    <>
      <Card title={t('datasets.about')}>
        <Facts
          facts={[
            [t('datasets.fact_source'), sourceOf(dataset.source)],
            ...file,
            [
              t('versions.normaliser'),
              version.normaliser
                ? recipeWords(version.normaliser)
                : t('versions.normaliser_none')
            ],
            [
              t('datasets.fact_license'),
              dataset.license ? <SafeText key="license" text={dataset.license} /> : null
            ],
            [t('datasets.fact_created'), <When key="when" time={version.created} />],
            [t('datasets.fact_hash'), <Ltr key="hash">{version.sha256}</Ltr>],
            [t('datasets.fact_id'), <Ltr key="id">{dataset.id}</Ltr>]
          ]}
        />
      </Card>
      {problems.length > 0 ? (
        <Card
          title={t('bring.problems')}
          action={
            skipped > problems.length ? (
              <small className="pai-quiet">
                {t('bring.problems_first', { shown: fmt.number(problems.length) })}
              </small>
            ) : undefined
          }
        >
          <ProblemTable problems={problems} />
        </Card>
      ) : null}
    </>
  );
}
