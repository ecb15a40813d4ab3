/*
 * The bar above a plot: which metric, how smooth, which scale, back to all of it, and where to
 * take it. It owns no data.
 */
import * as React from 'react';

import { useAction, useApp } from '../hooks';
import { isKey } from '../i18n';
import type { Scale, View } from '../state/views';
import { Button } from './basics';
import type { PlotHandle } from './Plot';
import { Menu, MenuItem, MenuLink } from './Popover';
import { Failure } from './states';

/** What a reader chose of a plot; a null weight leaves it to the length of the run. */
export interface Look {
  view: string;
  weight: number | null;
  scale: Scale;
}

export const FIRST_LOOK: Look = { view: 'loss', weight: null, scale: 'linear' };

/** The words of views and of metrics; what we do not know is called by its own name. */
export function useNames(): {
  view: (id: string) => string;
  metric: (name: string) => string;
} {
  const { t, lang } = useApp();
  return React.useMemo(() => {
    const word = (key: string, name: string): string => (isKey(key) ? t(key) : name);
    return {
      view: (id: string) => word(`watch.view_${id}`, id),
      metric: (name: string) => word(`watch.metric_${name}`, name)
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- t changes with the language
  }, [lang]);
}

/** A file for the reader's own disk. */
function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export interface PlotBarProps {
  views: readonly View[];
  /** A view in words. */
  nameOf: (view: string) => string;
  look: Look;
  onLook: (look: Look) => void;
  /** The weight that is used when nobody chose. */
  weight: number;
  plot: React.RefObject<PlotHandle | null>;
  /** The name of the picture's file, without its ending. */
  name: string;
  /** Whether the plot has rough lines, which can be smoothed. */
  rough: boolean;
  /** Further files: words and addresses. */
  files?: readonly { label: string; href: string }[];
}

export function PlotBar(props: PlotBarProps): React.JSX.Element {
  const { views, nameOf, look, onLook, plot } = props;
  const { t, fmt } = useApp();
  const picture = useAction(async () => {
    const blob = await plot.current?.picture();
    if (blob) {
      save(blob, `${props.name}.png`);
    }
  });
  const weight = look.weight ?? props.weight;
  return (
    <>
      <div className="pai-plot-bar">
        <label className="pai-plot-view">
          <span className="pai-sr">{t('watch.metric')}</span>
          <select
            className="pai-input"
            value={look.view}
            onChange={event => onLook({ ...look, view: event.target.value })}
          >
            {views.map(view => (
              <option key={view.id} value={view.id}>
                {nameOf(view.id)}
              </option>
            ))}
          </select>
        </label>
        {props.rough ? (
          <label className="pai-plot-smooth">
            <span>{t('watch.smoothing')}</span>
            <input
              type="range"
              min={0}
              max={99}
              step={1}
              value={Math.round(weight * 100)}
              aria-valuetext={fmt.percent(weight)}
              onChange={event =>
                onLook({ ...look, weight: Number(event.target.value) / 100 })
              }
            />
            <output className="pai-num">{fmt.percent(weight)}</output>
          </label>
        ) : null}
        <div className="pai-acts">
          <Button
            kind="quiet"
            aria-pressed={look.scale === 'log'}
            onClick={() =>
              onLook({ ...look, scale: look.scale === 'log' ? 'linear' : 'log' })
            }
          >
            {t('watch.log_scale')}
          </Button>
          <Button
            kind="quiet"
            title={t('watch.reset_help')}
            onClick={() => plot.current?.reset()}
          >
            {t('watch.reset')}
          </Button>
          <Menu
            label={t('watch.export')}
            icon="downloads"
            kind="quiet"
            edge="end"
            words={t('watch.export')}
          >
            <MenuItem onChoose={() => void picture.run()}>{t('watch.export_png')}</MenuItem>
            {(props.files ?? []).map(file => (
              <MenuLink key={file.href} href={file.href}>
                {file.label}
              </MenuLink>
            ))}
          </Menu>
        </div>
      </div>
      {picture.error ? <Failure error={picture.error} onClose={picture.clear} /> : null}
    </>
  );
}

/** A dot in the colour of a series. */
export function Swatch({ place }: { place: number }): React.JSX.Element {
  return (
    <i
      className="pai-swatch"
      style={{ background: `var(--pai-run-${place % 10})` }}
      aria-hidden="true"
    />
  );
}
