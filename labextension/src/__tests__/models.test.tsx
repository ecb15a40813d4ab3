// @vitest-environment jsdom
import * as React from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';

import { formats } from '../format';
import { AppContext, type App } from '../hooks';
import { translator, type Lang } from '../i18n';
import { ComparedTable } from '../panel/models/ComparedTable';
import { ConfinementBox } from '../panel/models/ConfinementBox';
import { LineageDrawing } from '../panel/models/LineageDrawing';
import { inLine } from '../panel/models/modelWords';
import { figureList } from '../panel/models/ModelFigures';
import { ModelUsersList } from '../panel/models/ModelUsersList';
import { PushPlanView } from '../panel/models/PushPlanView';
import type { ErrorBody, Lineage, LineageNode, Model, PushPlan } from '../protocol';
import { Requests } from '../requests';
import { modelRoutes } from '../routes-models';
import { awaiting, finished, reduceAnswers } from '../state/answers';
import { BOX, layOut, neighbour } from '../state/lineage';
import {
  comparedIds,
  EVERY_MODEL,
  modelsQuery,
  MOST_MODELS,
  narrowed,
  tagsOf,
  withTags
} from '../state/models';
import type { Transport } from '../transport';

function draw(node: React.ReactNode, lang: Lang = 'fa'): string {
  const app = {
    lang,
    t: translator(lang),
    fmt: formats(lang, lang === 'fa' ? 'persian' : 'latin'),
    go: () => undefined
  } as unknown as App;
  return renderToStaticMarkup(
    <AppContext.Provider value={app}>{node}</AppContext.Provider>
  );
}

function model(id: string, tags: string[] = []): Model {
  return { id, name: `نام ${id}`, tags, versions: 1, version: 1 } as unknown as Model;
}

describe('which models', () => {
  it('asks only for what was chosen', () => {
    expect(narrowed({ ...EVERY_MODEL, q: '  ' })).toBe(false);
    const choice = { ...EVERY_MODEL, q: ' گزل ', source: 'merged' as const };
    expect(narrowed(choice)).toBe(true);
    expect(modelsQuery(choice)).toEqual({ q: 'گزل', source: 'merged' });
    expect(modelsQuery({ ...EVERY_MODEL, sort: 'bytes', tag: 'x' })).toEqual({
      sort: 'bytes',
      tag: 'x'
    });
  });

  it('lists tags by use and cuts typed ones at either comma', () => {
    expect(tagsOf([model('a', ['x', 'y']), model('b', ['y'])])).toEqual(['y', 'x']);
    expect(withTags(['a'], 'b، a , c  d,,')).toEqual(['a', 'b', 'c d']);
    expect(withTags([], 'ز'.repeat(500))[0]?.length).toBeLessThan(100);
  });

  it('compares each once, and only so many', () => {
    expect(comparedIds('a,b,a,../x,')).toEqual(['a', 'b']);
    expect(comparedIds(Array.from({ length: 20 }, (_, n) => `m${n}`).join())).toHaveLength(
      MOST_MODELS
    );
  });

  it('names every compared model in the request', async () => {
    const asked: string[] = [];
    const transport = {
      request: (_: string, path: string) => {
        asked.push(path);
        return Promise.resolve({});
      }
    } as unknown as Transport;
    const routes = modelRoutes(new Requests(transport));
    await routes.compare(['a', 'b/c']);
    await routes.page({ q: 'x', sort: 'name' });
    expect(asked).toEqual(['models/compare?ids=a&ids=b%2Fc', 'models?q=x&sort=name']);
    expect(routes.downloadPath('m', 2)).toBe('models/m/download?version=2');
    expect(routes.downloadPath('m')).toBe('models/m/download');
  });
});

describe('answers', () => {
  const error: ErrorBody = {
    code: 'busy',
    message: 'Busy.',
    message_fa: 'سرگرم.',
    hint: '',
    hint_fa: '',
    details: {}
  };

  it('gather by model, and end with the stream', () => {
    let answers = awaiting(['a', 'b', 'c']);
    const say = (name: string, data: unknown): void => {
      answers = reduceAnswers(answers, name, data);
    };
    say('token', { model_id: 'a', text: 'سلام\u200c' });
    say('token', { model_id: 'a', text: 'ها' });
    expect(answers['a']).toMatchObject({ text: 'سلام\u200cها', state: 'writing' });
    say('usage', { model_id: 'a', completion_tokens: 2, tokens_per_second: 9.5 });
    say('error', { model_id: 'b', error });
    const before = answers;
    say('token', { model_id: 'stranger', text: 'x' });
    expect(answers).toBe(before);
    answers = finished(answers);
    expect(answers['a']).toMatchObject({ state: 'done', tokens: 2, speed: 9.5 });
    expect(answers['b']).toMatchObject({ state: 'failed', error });
    expect(answers['c']?.state).toBe('unasked');
  });
});

function node(id: string, layer: number, more: Partial<LineageNode> = {}): LineageNode {
  return {
    id,
    kind: 'model',
    title: id,
    detail: null,
    link: `model:${id}`,
    gone: false,
    layer,
    ...more
  };
}

const HOW = { fa: 'آموزش', en: 'trained' };
const LINEAGE: Lineage = {
  focus: 'm',
  nodes: [
    node('base', 0),
    node('data', 0, { kind: 'dataset', gone: true }),
    node('job', 1, { kind: 'job' }),
    node('m', 2),
    node('child', 3)
  ],
  edges: [
    { source: 'base', target: 'job', how: HOW },
    { source: 'data', target: 'job', how: HOW },
    { source: 'job', target: 'm', how: HOW },
    { source: 'm', target: 'child', how: HOW },
    { source: 'nobody', target: 'm', how: HOW }
  ]
};

describe('a lineage', () => {
  const drawing = layOut(LINEAGE);

  it('stands in layers without boxes upon each other', () => {
    expect(drawing.edges).toHaveLength(4);
    const taken = new Set(drawing.nodes.map(one => `${one.start} ${one.top}`));
    expect(taken.size).toBe(LINEAGE.nodes.length);
    for (const one of drawing.nodes) {
      expect(one.start + BOX.width).toBeLessThanOrEqual(drawing.width);
      expect(one.top + BOX.height).toBeLessThanOrEqual(drawing.height);
    }
    for (const { points } of drawing.edges) {
      points.slice(1).forEach((point, at) => {
        expect(point.start).toBeGreaterThan(points[at]?.start ?? Infinity);
      });
    }
  });

  it('leads what passes a layer around its boxes', () => {
    const long = layOut({
      ...LINEAGE,
      edges: [...LINEAGE.edges, { source: 'base', target: 'child', how: HOW }]
    });
    const way = long.edges.find(
      ({ edge }) => edge.target === 'child' && edge.source === 'base'
    );
    expect(way?.points).toHaveLength(6);
    for (const point of way?.points.slice(1, -1) ?? []) {
      for (const { start, top } of long.nodes) {
        const inside =
          point.start >= start &&
          point.start <= start + BOX.width &&
          point.top >= top &&
          point.top <= top + BOX.height;
        expect(inside).toBe(false);
      }
    }
  });

  it('is walked along its edges', () => {
    expect(neighbour(drawing, 'job', 'onward')).toBe('m');
    expect(neighbour(drawing, 'm', 'back')).toBe('job');
    expect(neighbour(drawing, 'base', 'back')).toBeNull();
    const top = drawing.nodes.find(one => one.column === 0 && one.row === 0)?.node.id ?? '';
    const below = neighbour(drawing, top, 'down');
    expect(new Set([top, below])).toEqual(new Set(['base', 'data']));
    expect(neighbour(drawing, top, 'up')).toBeNull();
  });

  it('puts what is tied together near each other', () => {
    const crossed = layOut({
      focus: 'b1',
      nodes: [node('a0', 0), node('a1', 0), node('b0', 1), node('b1', 1)],
      edges: [
        { source: 'a0', target: 'b1', how: HOW },
        { source: 'a1', target: 'b0', how: HOW }
      ]
    });
    const row = (id: string): number =>
      crossed.nodes.find(one => one.node.id === id)?.row ?? -1;
    expect(row('a0')).toBe(row('b1'));
    expect(row('a1')).toBe(row('b0'));
  });

  it('bears a ring and no nodes at all', () => {
    const ring = layOut({
      focus: 'a',
      nodes: [node('a', 0), node('b', 0)],
      edges: [
        { source: 'a', target: 'b', how: HOW },
        { source: 'b', target: 'a', how: HOW }
      ]
    });
    expect(ring.nodes).toHaveLength(2);
    expect(layOut({ focus: '', nodes: [], edges: [] }).nodes).toEqual([]);
  });

  it('is mirrored where one reads from the right, and has one stop for Tab', () => {
    const fa = draw(<LineageDrawing lineage={LINEAGE} />);
    const en = draw(<LineageDrawing lineage={LINEAGE} />, 'en');
    expect(fa.match(/tabindex="0"/g)).toHaveLength(1);
    const beginnings = (html: string): number[] =>
      [...html.matchAll(/pai-lineage-edge"[^>]*? d="M(\d+) /g)].map(found =>
        Number(found[1])
      );
    beginnings(en).forEach((x, at) => expect(beginnings(fa)[at]).toBe(drawing.width - x));
    expect(en).toContain('deleted');
    expect(en).not.toMatch(/[\u0600-\u06ff]/);
  });
});

describe('what is shown', () => {
  it('puts the telling figures first and drops what is no number', () => {
    expect(figureList({ z: 1, eval_loss: 2, words: 'x', eval_perplexity: 3 })).toEqual([
      ['eval_perplexity', 3],
      ['eval_loss', 2],
      ['z', 1]
    ]);
  });

  it('isolates each fact of a line', () => {
    expect(inLine(['float32', '', '۱۱۲ کیلوبایت'])).toBe(
      '\u2068float32\u2069 · \u2068۱۱۲ کیلوبایت\u2069'
    );
  });

  it('marks the best by a word, unless all are', () => {
    const line = {
      name: 'eval_loss',
      differs: true,
      better: 'low' as const,
      values: [1.5, null],
      best: [0]
    };
    const shown = (best: number[]): string =>
      draw(
        <ComparedTable
          label="x"
          models={[model('a'), model('b')]}
          lines={[{ ...line, best }]}
          kind="figure"
        />
      );
    expect(shown([0]).match(/بهترین/g)).toHaveLength(1);
    expect(shown([0, 1])).not.toContain('بهترین');
    expect(shown([0])).toContain('—');
  });

  it('says who stands in the way of deleting', () => {
    const html = draw(
      <ModelUsersList
        users={{
          users: [
            { kind: 'conversation', id: 'c', title: 'سلام', link: '', blocks: false },
            { kind: 'job', id: 'j', title: 'کاری', link: '', blocks: true }
          ],
          frees_bytes: 540_000_000,
          kept: null
        }}
      />
    );
    expect(html.indexOf('کاری')).toBeLessThan(html.indexOf('سلام'));
    expect(html).toContain('۵۴۰ مگابایت');
    expect(html.match(/تا هست، حذف نمی‌شود/g)).toHaveLength(1);
  });

  it('says what a conversion is locked into, without colour alone', () => {
    const html = draw(
      <ConfinementBox
        confinement={{
          network: true,
          home: false,
          system_calls: true,
          memory: true,
          possible: false,
          reason: { fa: 'هسته اجازه نمی‌دهد.', en: 'The kernel does not allow it.' }
        }}
      />,
      'en'
    );
    expect(html).toContain('The kernel does not allow it.');
    expect(html).toContain('cannot lock it in');
    expect(html.match(/data-held="false"/g)).toHaveLength(1);
  });

  it('shows the whole of what would be sent, as text', () => {
    const plan: PushPlan = {
      digest: 'd',
      endpoint: 'https://hub.example',
      account: 'sara',
      repo_id: 'sara/ghazal',
      exists: false,
      private: true,
      license: 'mit',
      files: [
        { name: 'model.safetensors', bytes: 1000, sha256: 'ab', change: 'new' },
        { name: '<img src=x onerror=alert(1)>', bytes: 1, sha256: '', change: 'same' }
      ],
      bytes: 1001,
      card: '# کارت <script>alert(1)</script>',
      warnings: [{ fa: 'هشدار', en: 'Warning' }],
      made: '2026-11-21T12:00:00Z'
    };
    const html = draw(
      <PushPlanView plan={plan} card={plan.card} onCard={() => undefined} />
    );
    for (const word of [
      'sara/ghazal',
      'https://hub.example',
      'model.safetensors',
      'هشدار'
    ]) {
      expect(html).toContain(word);
    }
    expect(html).not.toMatch(/<(img|script)/);
  });
});
