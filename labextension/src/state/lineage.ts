/*
 * Where the things of a lineage stand: layers beside each other in reading order, within a layer
 * near what they are tied to. Pure; it knows no direction and no pixels of the page.
 */
import type { Lineage, LineageEdge, LineageNode } from '../protocol';

/** Sizes, in CSS pixels. */
export const BOX = { width: 172, height: 58, across: 100, down: 18 };

/** A bend of an edge that passes a layer takes this much of its height. */
const BEND = 26;

/** A node and its place from the beginning of the line and from above. */
export interface Placed {
  node: LineageNode;
  column: number;
  row: number;
  start: number;
  top: number;
}

export interface Point {
  start: number;
  top: number;
}

/** An edge from the end of its source to the beginning of its target, by way of `points`. */
export interface Drawn {
  edge: LineageEdge;
  points: Point[];
}

export interface Drawing {
  nodes: Placed[];
  edges: Drawn[];
  width: number;
  height: number;
}

/** Rounds of moving each layer to the middle of what it is tied to. */
const ROUNDS = 6;

/** What takes room in a layer: a node, or a bend of an edge that goes on to a later one. */
interface Cell {
  id: string;
  node: LineageNode | null;
  before: string[];
  after: string[];
}

/** See the module's comment. */
export function layOut(lineage: Lineage): Drawing {
  const known = new Map(lineage.nodes.map(node => [node.id, node]));
  const layers = [...new Set(lineage.nodes.map(node => node.layer))].sort((a, b) => a - b);
  const columnOf = (id: string): number => layers.indexOf(known.get(id)?.layer ?? 0);
  const columns: Cell[][] = layers.map(layer =>
    lineage.nodes
      .filter(node => node.layer === layer)
      .map(node => ({ id: node.id, node, before: [], after: [] }))
  );
  const cells = new Map(columns.flat().map(cell => [cell.id, cell]));
  const edges = lineage.edges.filter(
    edge => known.has(edge.source) && known.has(edge.target)
  );
  const ways = edges.map((edge, at) => {
    const way = [edge.source];
    for (let c = columnOf(edge.source) + 1; c < columnOf(edge.target); c++) {
      const bend = { id: `bend ${at} ${c}`, node: null, before: [], after: [] };
      cells.set(bend.id, bend);
      columns[c]?.push(bend);
      way.push(bend.id);
    }
    way.push(edge.target);
    for (let step = 1; step < way.length; step++) {
      cells.get(way[step - 1] ?? '')?.after.push(way[step] ?? '');
      cells.get(way[step] ?? '')?.before.push(way[step - 1] ?? '');
    }
    return { edge, way };
  });
  arrange(columns);
  const size = (cell: Cell): number => (cell.node ? BOX.height : BEND);
  const tall = (column: readonly Cell[]): number =>
    column.reduce((sum, cell) => sum + size(cell) + BOX.down, -BOX.down);
  const height = Math.max(BOX.height, ...columns.map(tall));
  const places = new Map<string, Point>();
  const nodes: Placed[] = [];
  columns.forEach((column, at) => {
    let top = (height - tall(column)) / 2;
    const start = at * (BOX.width + BOX.across);
    let row = 0;
    for (const cell of column) {
      places.set(cell.id, { start, top: top + size(cell) / 2 });
      if (cell.node) {
        nodes.push({ node: cell.node, column: at, row, start, top });
        row += 1;
      }
      top += size(cell) + BOX.down;
    }
  });
  const pointsOf = (way: readonly string[]): Point[] =>
    way.flatMap((id, step) => {
      const { start, top } = places.get(id) ?? { start: 0, top: 0 };
      const end = { start: start + BOX.width, top };
      return step === 0
        ? [end]
        : step === way.length - 1
          ? [{ start, top }]
          : [{ start, top }, end];
    });
  return {
    nodes,
    edges: ways.map(({ edge, way }) => ({ edge, points: pointsOf(way) })),
    width: Math.max(1, columns.length) * (BOX.width + BOX.across) - BOX.across,
    height
  };
}

/** Orders each layer by the middle of what its cells are tied to, from both sides in turn. */
function arrange(columns: Cell[][]): void {
  const rows = new Map<string, number>();
  const number = (column: readonly Cell[]): void =>
    column.forEach((cell, row) => rows.set(cell.id, row / Math.max(1, column.length - 1)));
  columns.forEach(number);
  for (let round = 0; round < ROUNDS; round++) {
    const forth = round % 2 === 0;
    for (const column of forth ? columns : [...columns].reverse()) {
      const middle = new Map(
        column.map((cell, row) => {
          const tied = forth ? cell.before : cell.after;
          const sum = tied.reduce((all, id) => all + (rows.get(id) ?? 0), 0);
          return [
            cell.id,
            tied.length ? sum / tied.length : row / Math.max(1, column.length - 1)
          ];
        })
      );
      column.sort((a, b) => (middle.get(a.id) ?? 0) - (middle.get(b.id) ?? 0));
      number(column);
    }
  }
}

/** Which way one goes from a node: along the layers, or within one. */
export type Way = 'onward' | 'back' | 'up' | 'down';

/** The node that one comes to, or null where nothing lies that way. */
export function neighbour(drawing: Drawing, id: string, way: Way): string | null {
  const here = drawing.nodes.find(placed => placed.node.id === id);
  if (!here) {
    return null;
  }
  if (way === 'up' || way === 'down') {
    const row = here.row + (way === 'down' ? 1 : -1);
    return (
      drawing.nodes.find(one => one.column === here.column && one.row === row)?.node.id ??
      null
    );
  }
  const tied = new Set(
    drawing.edges.flatMap(({ edge }) =>
      way === 'onward' && edge.source === id
        ? [edge.target]
        : way === 'back' && edge.target === id
          ? [edge.source]
          : []
    )
  );
  const near = drawing.nodes
    .filter(one => tied.has(one.node.id))
    .sort((a, b) => Math.abs(a.top - here.top) - Math.abs(b.top - here.top));
  return near[0]?.node.id ?? null;
}
