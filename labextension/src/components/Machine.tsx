/*
 * This machine, live: processor, memory, disk, accelerators.
 */
import * as React from 'react';

import { useApp, useLive } from '../hooks';
import { Bar, type Tone } from './basics';
import { Loadable, Skeleton } from './states';

function toneOf(share: number): Tone {
  return share > 0.95 ? 'bad' : share > 0.8 ? 'warm' : 'accent';
}

function Meter({
  label,
  text,
  share
}: {
  label: string;
  text: string;
  share: number;
}): React.JSX.Element {
  return (
    <div className="pai-meter">
      <small>{label}</small>
      <small className="pai-num">{text}</small>
      <Bar share={share} label={label} tone={toneOf(share)} />
    </div>
  );
}

export function Machine(): React.JSX.Element {
  const { core, t, fmt } = useApp();
  const view = useLive(core.system());
  const of = (used: number, total: number): string =>
    t('panel.of', { used: fmt.bytes(used), total: fmt.bytes(total) });
  return (
    <Loadable view={view} skeleton={<Skeleton lines={3} />}>
      {system => (
        <div className="pai-meters">
          <Meter
            label={t('panel.cpu')}
            text={fmt.percent(system.cpu_percent / 100)}
            share={Math.min(1, system.cpu_percent / 100)}
          />
          <Meter
            label={t('panel.memory')}
            text={of(system.memory_used, system.memory_total)}
            share={system.memory_used / Math.max(1, system.memory_total)}
          />
          <Meter
            label={t('panel.disk')}
            text={of(system.disk_used, system.disk_total)}
            share={system.disk_used / Math.max(1, system.disk_total)}
          />
          {system.gpus.map((gpu, index) => (
            <Meter
              key={index}
              label={`${t('panel.gpu')} ${gpu.name}`}
              text={of(gpu.memory_used, gpu.memory_total)}
              share={gpu.memory_used / Math.max(1, gpu.memory_total)}
            />
          ))}
        </div>
      )}
    </Loadable>
  );
}
