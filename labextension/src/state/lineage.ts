/*
 * Where the things of a lineage stand: layers beside each other in reading order, within a layer
 * near what they are tied to. Pure; it knows no direction and no pixels of the page.
 */
import type { Lineage, LineageEdge, LineageNode } from '../protocol';

/** Sizes, in CSS pixels. */
export const BOX = { width: 200, height: 58, across: 116, down: 18 };

/** A node and its place from the beginning of the line and from above. */
export interface Placed {
  node: LineageNode;
  column: number;
  row: number;
  start: number;
  top: number;
}

/** An edge from the end of its source to the beginning of its target. */
export interface Drawn {
  edge: LineageEdge;
  from: { start: number; top: number };
  to: { start: number; top: number };
}

export interface Drawing {
  nodes: Placed[];
  edges: Drawn[];
  width: number;
  height: number;
}

/** Rounds of moving each layer to the middle of what it is tied to. */
const ROUNDS = 4;

/** See the module's comment. */
export function layOut(lineage: Lineage): Drawing {
  const known = new Set(lineage.nodes.map(node => node.id));
  const edges = lineage.edges.filter(
    edge => known.has(edge.source) && known.has(edge.target)
  );
  const layers = [...new Set(lineage.nodes.map(node => node.layer))].sort((a, b) => a - b);
  const columns = layers.map(layer => lineage.nodes.filter(node => node.layer === layer));
  const rows = new Map(
    columns.flatMap(column => column.map((node, row) => [node.id, row]))
  );
  const tied = (id: string): string[] =>
    edges.flatMap(edge =>
      edge.source === id ? [edge.target] : edge.target === id ? [edge.source] : []
    );
  for (let round = 0; round < ROUNDS; round++) {
    for (const column of round % 2 ? [...columns].reverse() : columns) {
      const middle = new Map(
        column.map(node => {
          const places = tied(node.id).map(id => rows.get(id) ?? 0);
          const sum = places.reduce((a, b) => a + b, 0);
          return [node.id, places.length ? sum / places.length : (rows.get(node.id) ?? 0)];
        })
      );
      column.sort((a, b) => (middle.get(a.id) ?? 0) - (middle.get(b.id) ?? 0));
      column.forEach((node, row) => rows.set(node.id, row));
    }
  }
  const most = Math.max(1, ...columns.map(column => column.length));
  const height = most * (BOX.height + BOX.down) - BOX.down;
  const nodes = columns.flatMap((column, at) => {
    const own = column.length * (BOX.height + BOX.down) - BOX.down;
    return column.map((node, row) => ({
      node,
      column: at,
      row,
      start: at * (BOX.width + BOX.across),
      top: (height - own) / 2 + row * (BOX.height + BOX.down)
    }));
  });
  const places = new Map(nodes.map(placed => [placed.node.id, placed]));
  return {
    nodes,
    edges: edges.flatMap(edge => {
      const source = places.get(edge.source);
      const target = places.get(edge.target);
      return source && target
        ? [
            {
              edge,
              from: {
                start: source.start + BOX.width,
                top: source.top + BOX.height / 2
              },
              to: { start: target.start, top: target.top + BOX.height / 2 }
            }
          ]
        : [];
    }),
    width: Math.max(1, columns.length) * (BOX.width + BOX.across) - BOX.across,
    height
  };
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
