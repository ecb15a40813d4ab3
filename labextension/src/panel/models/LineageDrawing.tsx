/**
 * A lineage as boxes in layers with curves between them, the oldest where reading begins. The boxes
 * are buttons: one stop for Tab, arrows follow the curves, Enter opens. Only the curves are SVG, so
 * that names keep their own direction and are cut, not shrunk.
 */
import * as React from 'react';

import { Icon, type IconName } from '../../components/Icon';
import { SafeText } from '../../components/SafeText';
import { useApp } from '../../hooks';
import { direction, inLanguage } from '../../i18n';
import type { Lineage, LineageNode } from '../../protocol';
import { parseRoute } from '../../route';
import {
  BOX,
  layOut,
  neighbour,
  type Drawn,
  type Point,
  type Way
} from '../../state/lineage';

const ICONS: Record<LineageNode['kind'], IconName> = {
  model: 'models',
  job: 'training',
  dataset: 'datasets',
  hub: 'downloads',
  file: 'copy'
};

/** See the module's comment. */
export function LineageDrawing({ lineage }: { lineage: Lineage }): React.JSX.Element {
  const { t, lang, go } = useApp();
  const rtl = direction(lang) === 'rtl';
  const drawing = React.useMemo(() => layOut(lineage), [lineage]);
  const [at, setAt] = React.useState(lineage.focus);
  const frame = React.useRef<HTMLDivElement>(null);
  const current = drawing.nodes.some(({ node }) => node.id === at)
    ? at
    : (drawing.nodes[0]?.node.id ?? '');
  const boxOf = (id: string): HTMLElement | null | undefined =>
    frame.current?.querySelector<HTMLElement>(`[data-node="${CSS.escape(id)}"]`);
  const focus = lineage.focus;
  React.useEffect(() => {
    // A long story begins where it was asked about.
    boxOf(focus)?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [focus, drawing]);
  const open = (node: LineageNode, beside: boolean): void => {
    const place = node.link && !node.gone ? parseRoute(node.link) : null;
    if (place) {
      go(place, { beside });
    }
  };
  const onKeyDown = (event: React.KeyboardEvent, id: string): void => {
    const ways: Record<string, Way> = {
      [rtl ? 'ArrowLeft' : 'ArrowRight']: 'onward',
      [rtl ? 'ArrowRight' : 'ArrowLeft']: 'back',
      ArrowUp: 'up',
      ArrowDown: 'down'
    };
    const way = ways[event.key];
    if (way === undefined) {
      return;
    }
    event.preventDefault();
    const next = neighbour(drawing, id, way);
    if (next !== null) {
      setAt(next);
      boxOf(next)?.focus();
    }
  };
  return (
    <div className="pai-lineage-frame">
      <div
        ref={frame}
        className="pai-lineage"
        role="group"
        aria-label={t('registry.lineage_title')}
        style={{ inlineSize: drawing.width, blockSize: drawing.height }}
      >
        <Curves
          drawn={drawing.edges}
          width={drawing.width}
          height={drawing.height}
          rtl={rtl}
        />
        {drawing.edges.map(({ edge, points }) => {
          const [from, to] = points.slice(-2);
          return from && to ? (
            <small
              key={`${edge.source} ${edge.target}`}
              className="pai-lineage-how"
              aria-hidden="true"
              title={inLanguage(lang, edge.how)}
              style={{
                insetInlineStart: to.start - BOX.across,
                inlineSize: BOX.across,
                insetBlockStart: (to.top + from.top) / 2
              }}
            >
              <span>{inLanguage(lang, edge.how)}</span>
            </small>
          ) : null;
        })}
        {drawing.nodes.map(({ node, start, top }) => {
          const leads = node.link !== '' && !node.gone;
          return (
            <button
              key={node.id}
              type="button"
              data-node={node.id}
              data-kind={node.kind}
              className={`pai-lineage-node ${node.id === lineage.focus ? 'pai-focus' : ''}`}
              aria-current={node.id === lineage.focus || undefined}
              aria-disabled={!leads || undefined}
              tabIndex={node.id === current ? 0 : -1}
              title={node.title}
              style={{
                insetInlineStart: start,
                insetBlockStart: top,
                inlineSize: BOX.width,
                blockSize: BOX.height
              }}
              onFocus={() => setAt(node.id)}
              onKeyDown={event => onKeyDown(event, node.id)}
              onClick={event => open(node, event.ctrlKey || event.metaKey)}
            >
              <Icon name={ICONS[node.kind]} />
              <span>
                <SafeText text={node.title} className="pai-strong" />
                <small>
                  <span className="pai-sr">{t(`registry.node_${node.kind}`)}. </span>
                  {node.gone
                    ? t('registry.node_gone')
                    : node.detail
                      ? inLanguage(lang, node.detail)
                      : t(`registry.node_${node.kind}`)}
                </small>
              </span>
            </button>
          );
        })}
      </div>
    </div>
  );
}

/** The curves; they are mirrored where one reads from the right. */
function Curves(props: {
  drawn: readonly Drawn[];
  width: number;
  height: number;
  rtl: boolean;
}): React.JSX.Element {
  const { width, height, rtl } = props;
  const id = React.useId();
  const x = (start: number): number => (rtl ? width - start : start);
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      aria-hidden="true"
      focusable="false"
    >
      <defs>
        <marker
          id={id}
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="7"
          markerHeight="7"
          orient="auto"
        >
          <path d="M0 0L8 4L0 8z" />
        </marker>
      </defs>
      {props.drawn.map(({ edge, points }) => (
        <path
          key={`${edge.source} ${edge.target}`}
          className="pai-lineage-edge"
          markerEnd={`url(#${id})`}
          d={curve(points, x)}
        />
      ))}
    </svg>
  );
}

/** Curves between the layers, straight lines past a layer; the last ends where the arrow does. */
function curve(points: readonly Point[], x: (start: number) => number): string {
  return points
    .map(({ start, top }, at) => {
      const before = points[at - 1];
      if (!before) {
        return `M${x(start)} ${top}`;
      }
      if (before.top === top) {
        return `L${x(at === points.length - 1 ? start - 2 : start)} ${top}`;
      }
      const bend = (start - before.start) / 2;
      const end = at === points.length - 1 ? start - 2 : start;
      return (
        `C${x(before.start + bend)} ${before.top}` +
        ` ${x(start - bend)} ${top} ${x(end)} ${top}`
      );
    })
    .join(' ');
}
