/*
 * BokehJS as we use it: the script of the installed package, one figure, named sources. Only the
 * few calls that we need are typed.
 */
import type { Transport } from '../transport';
import type { Curve } from '../state/metrics';

type Columns = { step: number[]; value: number[] };

interface Source {
  data: Columns;
  stream(added: Columns): void;
}

interface Document {
  get_model_by_name(name: string): Source | null;
  clear(): void;
}

interface View {
  model: { document: Document | null };
  remove(): void;
  reset(): void;
  export(type: 'png', hidpi: boolean): { canvas: HTMLCanvasElement };
}

interface BokehJS {
  version: string;
  documents: Document[];
  embed: { embed_item(item: unknown, target: HTMLElement): Promise<Iterable<View>> };
}

declare global {
  interface Window {
    Bokeh?: BokehJS & Record<string, unknown>;
  }
}

/** BokehJS of the version that made the figure, loaded once. */
async function bokehFor(transport: Transport, item: unknown): Promise<BokehJS> {
  const version = (item as { doc?: { version?: string } }).doc?.version ?? '';
  const find = (): BokehJS | undefined =>
    window.Bokeh?.version === version ? window.Bokeh : (window.Bokeh?.[version] as BokehJS);
  if (!find()) {
    await transport.loadScript('bokeh/bokeh.min.js');
  }
  const bokeh = find() ?? window.Bokeh;
  if (!bokeh) {
    throw new Error('BokehJS did not load');
  }
  return bokeh;
}

const gap = (value: number | null): number => value ?? NaN;

/** The figure with its sources filled, so that it is complete when it first appears. */
export function filled(item: unknown, curves: Readonly<Record<string, Curve>>): unknown {
  const visit = (node: unknown): unknown => {
    if (Array.isArray(node)) {
      return node.map(visit);
    }
    if (node === null || typeof node !== 'object') {
      return node;
    }
    const { name, attributes } = node as { name?: unknown; attributes?: { name?: string } };
    const curve = name === 'ColumnDataSource' ? curves[attributes?.name ?? ''] : undefined;
    if (curve) {
      return { ...node, attributes: { ...attributes, data: columns(curve) } };
    }
    return Object.fromEntries(
      Object.entries(node).map(([key, inner]) => [key, visit(inner)])
    );
  };
  return visit(item);
}

/** A curve's columns in BokehJS's own JSON. */
function columns(curve: Curve): unknown {
  const values = curve.values.map(value => value ?? { type: 'number', value: 'nan' });
  return {
    type: 'map',
    entries: [
      ['step', [...curve.steps]],
      ['value', values]
    ]
  };
}

/** A figure on the page, fed with curves by the names of its sources. */
export class Figure {
  private constructor(
    private readonly bokeh: BokehJS,
    private readonly view: View,
    curves: Readonly<Record<string, Curve>>
  ) {
    this.shown = new Map(Object.entries(curves));
  }

  /**
   * Draws `item` (a `json_item`) with its first curves into `target`; null when `target` has left
   * the page meanwhile: BokehJS never finishes there, and would keep the document for ever.
   */
  static async draw(
    transport: Transport,
    item: unknown,
    curves: Readonly<Record<string, Curve>>,
    target: HTMLElement
  ): Promise<Figure | null> {
    // Labels on a canvas do not wait for a font by themselves.
    const [bokeh] = await Promise.all([
      bokehFor(transport, item),
      document.fonts.load('12px Vazirmatn', 'گام').catch(() => [])
    ]);
    if (!target.isConnected) {
      return null;
    }
    const [view] = [...(await bokeh.embed.embed_item(filled(item, curves), target))];
    if (!view) {
      throw new Error('the figure has no root');
    }
    return new Figure(bokeh, view, curves);
  }

  /** Shows a curve: only what is new is sent to the figure, all of it when its past changed. */
  show(name: string, curve: Curve): void {
    const source = this.view.model.document?.get_model_by_name(name);
    if (!source) {
      return;
    }
    const shown = this.shown.get(name);
    const from = shown ? continues(shown, curve) : 0;
    this.shown.set(name, curve);
    if (from === curve.steps.length && from > 0) {
      return;
    }
    if (from > 0) {
      source.stream({
        step: curve.steps.slice(from),
        value: curve.values.slice(from).map(gap)
      });
    } else {
      source.data = { step: [...curve.steps], value: curve.values.map(gap) };
    }
  }

  /** Shows all of the curve again, as before anyone zoomed. */
  reset(): void {
    this.view.reset();
  }

  /** The picture as PNG on `ground`, at the resolution of the screen. */
  picture(ground: string): Promise<Blob | null> {
    const drawn = this.view.export('png', true).canvas;
    // The figure itself is transparent; light text on nothing would be lost on white.
    const whole = document.createElement('canvas');
    whole.width = drawn.width;
    whole.height = drawn.height;
    const context = whole.getContext('2d');
    if (context) {
      context.fillStyle = ground;
      context.fillRect(0, 0, whole.width, whole.height);
      context.drawImage(drawn, 0, 0);
    }
    return new Promise(resolve => whole.toBlob(resolve, 'image/png'));
  }

  /** Takes the figure off the page, and its document off BokehJS's list, which keeps all. */
  remove(): void {
    const { document } = this.view.model;
    this.view.remove();
    const place = document ? this.bokeh.documents.indexOf(document) : -1;
    if (place >= 0) {
      this.bokeh.documents.splice(place, 1);
      document?.clear();
    }
  }

  private readonly shown: Map<string, Curve>;
}

/** How many points of `next` are already in `old`, or 0 when `next` does not continue it. */
export function continues(old: Curve, next: Curve): number {
  const count = old.steps.length;
  if (count === 0 || count > next.steps.length) {
    return 0;
  }
  const last = count - 1;
  // A replaced attempt changes the values at the end of the shared part; thinning changes steps.
  const middle = count >> 1;
  for (const index of [0, middle, last]) {
    if (
      old.steps[index] !== next.steps[index] ||
      !Object.is(old.values[index], next.values[index])
    ) {
      return 0;
    }
  }
  return count;
}
