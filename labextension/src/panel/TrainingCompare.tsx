/*
 * The page of several trainings. Their ids and the metric are in the route, so that it survives a
 * reload.
 */
import * as React from 'react';

import { Button, Card } from '../components/basics';
import { Comparison } from '../components/Comparison';
import { Page } from '../components/Page';
import { Empty } from '../components/states';
import { useApp } from '../hooks';
import { chosenRuns, withoutRun } from '../state/compare';

export function TrainingCompare(): React.JSX.Element {
  const { t, fmt, route, go } = useApp();
  const ids = chosenRuns(route.query?.['ids']);
  const crumbs = [{ label: t('training.title'), to: { page: 'training' as const } }];
  if (ids.length < 2) {
    return (
      <Page crumbs={crumbs} title={t('watch.compare_title')}>
        <Card>
          <Empty
            icon="training"
            title={t('watch.compare_few')}
            action={
              <Button kind="primary" onClick={() => go({ page: 'training' })}>
                {t('watch.compare_back')}
              </Button>
            }
          />
        </Card>
      </Page>
    );
  }
  const metric = route.query?.['metric'];
  return (
    <Page
      crumbs={crumbs}
      title={t('watch.compare_title')}
      sentence={t('watch.compare_chosen', { n: fmt.number(ids.length) })}
    >
      <Comparison
        ids={ids}
        {...(metric ? { metric } : {})}
        onMetric={chosen => go({ ...route, query: { ...route.query, metric: chosen } })}
        onOpen={(id, beside) => go({ page: 'training', id }, { beside })}
        onRemove={id =>
          go({ ...route, query: { ...route.query, ids: withoutRun(ids, id) } })
        }
      />
    </Page>
  );
}
