/**
 * How long the service takes to answer, route by route.
 */
import * as React from 'react';

import { Button, Ltr } from '../components/basics';
import { Empty } from '../components/states';
import { useApp } from '../hooks';
import type { ApiMetrics } from '../protocol';
import { TableFrame } from '../components/TableFrame';

const SHOWN = 8;

/** See the module's comment. */
export function MonitorApi({ metrics }: { metrics: ApiMetrics }): React.JSX.Element {
  const { t, fmt } = useApp();
  const [all, setAll] = React.useState(false);
  const ms = (value: number): string => fmt.number(value, value < 10 ? 1 : 0);
  if (metrics.requests === 0) {
    return <Empty icon="monitor" title={t('monitor.no_requests')} />;
  }
  const routes = [...metrics.routes].sort((a, b) => b.count - a.count);
  return (
    <>
      <div className="pai-api-sums pai-num">
        <span>
          <b>{fmt.number(metrics.requests)}</b> {t('monitor.requests')}
        </span>
        <span className={metrics.errors > 0 ? 'pai-warm-text' : ''}>
          <b>{fmt.number(metrics.errors)}</b> {t('monitor.errors')}
        </span>
        <span>
          <b>{fmt.number(metrics.in_flight)}</b> {t('monitor.in_flight')}
        </span>
        <span>
          {t('monitor.median')}{' '}
          <b>
            {ms(metrics.p50_ms)} {t('monitor.unit_ms')}
          </b>
        </span>
        <span>
          {t('monitor.p95')}{' '}
          <b>
            {ms(metrics.p95_ms)} {t('monitor.unit_ms')}
          </b>
        </span>
        <small>
          <time dateTime={metrics.since} title={fmt.exact(metrics.since)}>
            {t('monitor.api_since', { time: fmt.ago(metrics.since) })}
          </time>
        </small>
      </div>
      <TableFrame label={t('monitor.api')}>
        <table className="pai-table pai-figures">
          <caption className="pai-sr">{t('monitor.api_table')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('monitor.route')}</th>
              <th scope="col">{t('monitor.count')}</th>
              <th scope="col">{t('monitor.errors')}</th>
              <th scope="col">{t('monitor.median')}</th>
              <th scope="col">{t('monitor.p90')}</th>
              <th scope="col">{t('monitor.p95')}</th>
              <th scope="col">{t('monitor.p99')}</th>
            </tr>
          </thead>
          <tbody>
            {(all ? routes : routes.slice(0, SHOWN)).map(route => (
              <tr key={`${route.method} ${route.route}`}>
                <th scope="row">
                  <Ltr>
                    {route.method} {route.route}
                  </Ltr>
                </th>
                <td>{fmt.number(route.count)}</td>
                <td className={route.errors > 0 ? 'pai-warm-text' : ''}>
                  {fmt.number(route.errors)}
                </td>
                <td>{ms(route.p50_ms)}</td>
                <td>{ms(route.p90_ms)}</td>
                <td>{ms(route.p95_ms)}</td>
                <td>{ms(route.p99_ms)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableFrame>
      {routes.length > SHOWN ? (
        <Button kind="quiet" onClick={() => setAll(!all)}>
          {t(all ? 'monitor.fewer_routes' : 'monitor.all_routes')}
        </Button>
      ) : null}
    </>
  );
}
