/**
 * The machine in tiles, each with what it did in the last minutes.
 *
 * The readings come about every two seconds while somebody watches; they are kept here only for as
 * long as the page of the browser lives, which is enough to see what is going on now.
 */
import * as React from 'react';

import { Bar, Card, type Tone } from '../components/basics';
import { Sparkline } from '../components/Sparkline';
import { Loadable, Skeleton } from '../components/states';
import { useApp, useLive } from '../hooks';
import type { System } from '../protocol';

/** Readings kept: about five minutes. */
const KEPT = 150;

const history: System[] = [];

function remember(system: System): readonly System[] {
  if (history.at(-1)?.time !== system.time) {
    history.push(system);
    history.splice(0, history.length - KEPT);
  }
  return history;
}

/** Busy is warm; red is only for a disk on which the next write may be lost. */
function toneOf(share: number, precious: boolean): Tone {
  return precious && share > 0.95 ? 'bad' : share > 0.8 ? 'warm' : 'accent';
}

function share(used: number, total: number): number {
  return total > 0 ? Math.min(1, used / total) : 0;
}

/** See the module's comment. */
export function MonitorMachine(): React.JSX.Element {
  const { core, t, fmt } = useApp();
  const view = useLive(core.system());
  return (
    <Loadable view={view} skeleton={<Skeleton height={130} />}>
      {system => {
        const past = remember(system);
        const of = (used: number, total: number): string =>
          t('panel.of', { used: fmt.bytes(used), total: fmt.bytes(total) });
        return (
          <section className="pai-gauges" aria-label={t('monitor.machine')}>
            <Gauge
              label={t('panel.cpu')}
              value={fmt.percent(system.cpu_percent / 100)}
              note={t('monitor.cpu_cores', { n: fmt.number(system.cpu_count) })}
              shares={past.map(one => one.cpu_percent / 100)}
            />
            <Gauge
              label={t('panel.memory')}
              value={fmt.percent(share(system.memory_used, system.memory_total))}
              note={of(system.memory_used, system.memory_total)}
              shares={past.map(one => share(one.memory_used, one.memory_total))}
            />
            <Gauge
              label={t('panel.disk')}
              precious
              value={fmt.percent(share(system.disk_used, system.disk_total))}
              note={`${of(system.disk_used, system.disk_total)} · ${t('monitor.disk_ours', {
                size: fmt.bytes(system.data_bytes)
              })}`}
              shares={past.map(one => share(one.disk_used, one.disk_total))}
            />
            {system.gpus.map((gpu, index) => (
              <Gauge
                key={index}
                label={`${t('panel.gpu')} ${gpu.name}`}
                value={fmt.percent(share(gpu.memory_used, gpu.memory_total))}
                note={[
                  of(gpu.memory_used, gpu.memory_total),
                  gpu.utilisation === null
                    ? ''
                    : t('monitor.gpu_use', { percent: fmt.percent(gpu.utilisation / 100) })
                ]
                  .filter(Boolean)
                  .join(' · ')}
                shares={past.map(one => {
                  const its = one.gpus[index];
                  return its ? share(its.memory_used, its.memory_total) : 0;
                })}
              />
            ))}
            <Card className="pai-gauge">
              <div className="pai-gauge-counts">
                <b className="pai-num">{fmt.number(system.workers)}</b>
                <span>{t('monitor.workers')}</span>
                <b className="pai-num">{fmt.number(system.engines)}</b>
                <span>{t('monitor.engines')}</span>
              </div>
              {system.gpus.length === 0 ? <small>{t('monitor.gpu_none')}</small> : null}
            </Card>
          </section>
        );
      }}
    </Loadable>
  );
}

function Gauge(props: {
  label: string;
  value: string;
  note: string;
  shares: readonly number[];
  precious?: boolean;
}): React.JSX.Element {
  const now = props.shares.at(-1) ?? 0;
  const tone = toneOf(now, props.precious === true);
  return (
    <Card className="pai-gauge">
      <div className="pai-gauge-head">
        <span>{props.label}</span>
        <b className="pai-num">{props.value}</b>
      </div>
      <Sparkline shares={props.shares} room={KEPT} tone={tone} />
      <Bar share={now} label={props.label} tone={tone} />
      <small className="pai-num">{props.note}</small>
    </Card>
  );
}
