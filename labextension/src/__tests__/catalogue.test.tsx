// @vitest-environment jsdom
import * as React from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';

import { formats } from '../format';
import { AppContext, type App } from '../hooks';
import { translator, type Lang } from '../i18n';
import { EntryCard } from '../panel/downloads/EntryCard';
import type { CatalogueItem, Job } from '../protocol';
import {
  EVERYTHING,
  latestOf,
  narrows,
  questionOf,
  repoKey,
  standOf,
  taskKey
} from '../state/catalogue';

const ITEM: CatalogueItem = {
  id: 'a--b',
  type: 'model',
  repo_id: 'A/b',
  name: 'Model B',
  task: 'text-generation',
  parameters: 1e9,
  parameters_nominal: true,
  bytes: null,
  rows: null,
  license: 'mit',
  commercial: 'yes',
  gated: true,
  open: true,
  tokens_per_word: 1.68,
  tokens_basis: 'measured',
  good_for: { fa: 'برای نوشتن.', en: 'For writing.' },
  note: { fa: 'خوانده شده است.', en: 'Read.' },
  also: [],
  verified: '2026-11',
  sure: 'high',
  licence: {
    id: 'mit',
    name: 'MIT',
    commercial: 'yes',
    summary: { fa: 'آزاد.', en: 'Free.' }
  },
  memory_bytes: 2.9e9,
  fits: 'yes',
  installed: 'no',
  path: '',
  model_id: '',
  job_id: '',
  uses: ['chat', 'train']
};

function job(state: Job['state'], name = 'a/B', type = 'model'): Job {
  return {
    id: 'j',
    kind: 'download',
    name,
    state,
    options: { repo_type: type },
    progress: { done: 1, total: 4 }
  } as unknown as Job;
}

function card(item: CatalogueItem, under: Job | undefined, lang: Lang = 'fa'): string {
  const app = {
    lang,
    t: translator(lang),
    fmt: formats(lang, lang === 'fa' ? 'persian' : 'latin'),
    go: () => undefined
  } as unknown as App;
  return renderToStaticMarkup(
    <AppContext.Provider value={app}>
      <EntryCard item={item} job={under} onChange={() => undefined} />
    </AppContext.Provider>
  );
}

describe('how a repository stands', () => {
  it('finds the newest download by name and type, whatever its case', () => {
    const latest = latestOf([job('running'), job('failed'), job('completed', 'x/y')]);
    expect(latest.get(repoKey('model', 'A/b'))?.state).toBe('running');
    expect(latest.get(repoKey('model', 'X/Y'))?.state).toBe('completed');
    expect(latest.get(repoKey('dataset', 'A/b'))).toBeUndefined();
  });

  it('says what tells most', () => {
    expect(standOf({ installed: 'fetched' }, job('running'))).toBe('running');
    expect(standOf({ installed: 'registered' }, undefined)).toBe('registered');
    expect(standOf({ installed: 'no', open: false }, undefined)).toBe('closed');
    expect(standOf({ installed: 'no' }, undefined)).toBe('absent');
    expect(standOf({ installed: 'no' }, job('failed'))).toBe('failed');
    expect(standOf({ installed: 'fetched' }, job('failed'))).toBe('fetched');
    expect(standOf({ installed: 'no' }, job('completed'))).toBe('absent');
  });
});

describe('what is asked', () => {
  it('leaves out what was not chosen', () => {
    expect(narrows(EVERYTHING)).toBe(false);
    const choice = { ...EVERYTHING, q: ' خلاصه ', open: true, trade: true };
    expect(narrows(choice)).toBe(true);
    expect(questionOf(choice)).toMatchObject({
      q: 'خلاصه',
      gated: false,
      fits: null,
      commercial: 'yes'
    });
  });

  it('has words for the tasks it knows', () => {
    expect(taskKey('text-to-speech')).toBe('downloads.task_text_to_speech');
    expect(taskKey('unheard-of')).toBeNull();
  });
});

describe('a card', () => {
  it('speaks the language and offers one thing', () => {
    const fa = card(ITEM, undefined);
    expect(fa).toContain('برای نوشتن.');
    expect(fa).toContain('۱٫۶۸');
    expect(fa).toContain('پذیرش شرایط');
    expect(fa.match(/pai-button/g)).toHaveLength(1);
    const en = card(ITEM, undefined, 'en');
    expect(en).toContain('For writing.');
    expect(en).toContain('Terms to accept');
    expect(en).not.toMatch(/[\u0600-\u06ff]/);
  });

  it('shows progress instead of a second download', () => {
    const shown = card(ITEM, job('running'));
    expect(shown).toContain('role="progressbar"');
    expect(shown).toContain('aria-valuenow="25"');
    expect(shown).not.toContain(
      translator('fa')('downloads.get_named', { name: 'Model B' })
    );
  });

  it('offers what is installed for use, and nothing where nothing can be had', () => {
    const installed = { ...ITEM, installed: 'registered' as const, model_id: 'm' };
    expect(card(installed, undefined)).toContain('دیدن مدل');
    const closed = card({ ...ITEM, open: false }, undefined);
    expect(closed).not.toContain('pai-button');
    expect(closed).toContain('از اینجا دانلود نمی‌شود');
  });
});
