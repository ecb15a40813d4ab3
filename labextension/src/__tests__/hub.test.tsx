// @vitest-environment jsdom
import * as React from 'react';
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { formats } from '../format';
import { AppContext, type App } from '../hooks';
import { translator, type Lang } from '../i18n';
import { BundleFacts } from '../panel/bundles/BundleFacts';
import { chosenBytes } from '../panel/downloads/ChooseFiles';
import { TokenCard } from '../panel/settings/TokenCard';
import type { Bundle, BundleUpload, HubFile, HubToken } from '../protocol';
import { madeBy, partBytes, unsent } from '../state/bundles';
import { bandwidthOf, endpointOf, isPlain, isProxy, moved } from '../state/hub';

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

const SECRET = 'hf_thisIsATokenThatNobodySees9876';
const NONE: HubToken = {
  set: false,
  last_four: '',
  account: '',
  role: '',
  validated: null,
  endpoint: '',
  valid: null,
  problem: null
};
const SET: HubToken = {
  ...NONE,
  set: true,
  last_four: '9876',
  account: 'sara',
  role: 'read',
  validated: '2026-11-21T12:00:00Z',
  endpoint: 'https://hub.example',
  valid: true
};

let host: HTMLElement;
let root: Root;

beforeEach(() => {
  host = document.createElement('div');
  document.body.append(host);
  root = createRoot(host);
});

afterEach(() => {
  act(() => root.unmount());
  host.remove();
});

async function show(
  element: React.ReactElement,
  api: object = {},
  lang: Lang = 'en'
): Promise<void> {
  const app = {
    core: { api },
    lang,
    t: translator(lang),
    fmt: formats(lang, lang === 'fa' ? 'persian' : 'latin'),
    go: () => undefined
  } as unknown as App;
  await act(async () => {
    root.render(<AppContext.Provider value={app}>{element}</AppContext.Provider>);
    await Promise.resolve();
  });
}

function button(words: string): HTMLButtonElement {
  const found = [...host.querySelectorAll('button')].find(one =>
    one.textContent.includes(words)
  );
  if (!found) {
    throw new Error(`no button ${words}`);
  }
  return found;
}

async function press(target: HTMLElement): Promise<void> {
  await act(async () => {
    target.click();
    await Promise.resolve();
  });
}

function type(field: HTMLInputElement, text: string): void {
  const { set } =
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value') ?? {};
  act(() => {
    set?.call(field, text);
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });
}

describe('an address', () => {
  it.each([
    ['https://huggingface.co', 'https://huggingface.co'],
    ['  https://mirror.example/hf/ ', 'https://mirror.example/hf'],
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8000']
  ])('%s is kept as %s', (text, url) => expect(endpointOf(text)).toBe(url));

  it.each([
    '',
    'huggingface.co',
    'ftp://a.example',
    'javascript:alert(1)',
    'https://user:secret@a.example',
    'https://a.example/?token=x',
    'https://a.example/#x',
    'https://a b.example'
  ])('%j is none', text => expect(endpointOf(text)).toBeNull());

  it('of a proxy may be HTTP or SOCKS, and none at all', () => {
    for (const good of ['', 'http://p:3128', 'socks5h://127.0.0.1:1080', 'socks4://p:1/']) {
      expect(isProxy(good)).toBe(true);
    }
    for (const bad of ['p:3128', 'socks5://u:p@host:1', 'http://p/path', 'file:///x']) {
      expect(isProxy(bad)).toBe(false);
    }
  });

  it('without encryption is named, unless it is this machine', () => {
    expect(isPlain('http://mirror.example')).toBe(true);
    expect(isPlain('https://mirror.example')).toBe(false);
    expect(isPlain('http://localhost:9')).toBe(false);
  });

  it('moves within its list and not out of it', () => {
    const list = ['a', 'b', 'c'].map(url => ({ url, token: url === 'b' }));
    const names = (at: number, by: -1 | 1) => moved(list, at, by).map(one => one.url);
    expect(names(1, -1)).toEqual(['b', 'a', 'c']);
    expect(names(1, 1)).toEqual(['a', 'c', 'b']);
    expect(names(0, -1)).toEqual(['a', 'b', 'c']);
    expect(names(2, 1)).toEqual(['a', 'b', 'c']);
    expect(moved(list, 1, 1)[2]).toEqual({ url: 'b', token: true });
  });
});

describe('a limit', () => {
  it('is read in any digits, in megabytes', () => {
    expect(bandwidthOf('۲٫۵')).toBe(2_500_000);
    expect(bandwidthOf('10')).toBe(10_000_000);
    expect(bandwidthOf(' ')).toBe(0);
    for (const bad of ['0', '-1', 'x']) {
      expect(bandwidthOf(bad)).toBeNull();
    }
  });
});

describe('the token', () => {
  it('is sent once and is nowhere on the page afterwards', async () => {
    const setToken = vi.fn(() => Promise.resolve(SET));
    await show(<TokenCard />, {
      hub: { token: () => Promise.resolve(NONE), setToken }
    });
    const field = host.querySelector('input') as HTMLInputElement;
    expect(field.type).toBe('password');
    type(field, SECRET);
    await press(button('Set'));
    expect(setToken).toHaveBeenCalledWith(SECRET);
    expect(new XMLSerializer().serializeToString(host)).not.toContain(SECRET);
    expect(host.textContent).toContain('…9876');
    expect(host.textContent).toContain('sara');
    expect(host.querySelector('input')).toBeNull();
  });

  it('that is refused is not kept in the field either', async () => {
    const refused = new Error('refused');
    await show(<TokenCard />, {
      hub: {
        token: () => Promise.resolve(NONE),
        setToken: () => Promise.reject(refused)
      }
    });
    const field = host.querySelector('input') as HTMLInputElement;
    type(field, SECRET);
    await press(button('Set'));
    expect(host.querySelector('[role=alert]')).not.toBeNull();
    expect(field.value).toBe('');
  });

  it('too short to be one is not sent', async () => {
    const setToken = vi.fn();
    await show(<TokenCard />, { hub: { token: () => Promise.resolve(NONE), setToken } });
    type(host.querySelector('input') as HTMLInputElement, 'hf_1');
    await press(button('Set'));
    expect(setToken).not.toHaveBeenCalled();
    expect(host.querySelector('.pai-wrong')).not.toBeNull();
  });

  it('that could not be asked about says so, and why', async () => {
    const problem = {
      code: 'hub_offline',
      message: 'The Hub cannot be reached.',
      message_fa: 'هاب در دسترس نیست.'
    };
    await show(<TokenCard />, {
      hub: {
        token: () => Promise.resolve({ ...SET, valid: null, account: '', problem })
      }
    });
    expect(host.textContent).toContain('Not validated yet');
    expect(host.textContent).toContain('The Hub cannot be reached.');
  });
});

describe('files that are chosen', () => {
  const file = (name: string, bytes: number | null): HubFile => ({
    name,
    bytes,
    chosen: false,
    unsafe: false
  });
  it('are summed, unless one has no size', () => {
    const files = [file('a', 3), file('b', 4), file('c', null)];
    expect(chosenBytes(files, new Set(['a', 'b']))).toBe(7);
    expect(chosenBytes(files, new Set(['a', 'c']))).toBeNull();
    expect(chosenBytes(files, new Set())).toBe(0);
  });
});

describe('a bundle', () => {
  it('has parts of an offered size or of one’s own', () => {
    expect(partBytes('whole', '')).toBe(0);
    expect(partBytes('own', '۲۵')).toBe(25_000_000);
    expect(partBytes('own', '0.5')).toBeNull();
    expect(partBytes('own', 'x')).toBeNull();
    // A stick of FAT32 keeps no file of 4 GiB.
    expect(partBytes('4gb', '')).toBeLessThan(2 ** 32 - 1);
  });

  it('that was made tells its parts, whatever the answer holds', () => {
    expect(madeBy({ result: {} })).toEqual({
      path: '',
      parts: [],
      bytes: 0,
      modelId: '',
      datasetId: ''
    });
    expect(madeBy({ result: { model_id: 'm', path: 7 } })).toMatchObject({
      modelId: 'm',
      path: ''
    });
  });

  it('is sent in the order of its parts, each that arrived once', () => {
    const files = ['x.10', 'x.2', 'x.1'].map(name => new File(['a'], name));
    const names = (set: BundleUpload | null) => unsent(files, set).map(one => one.name);
    expect(names(null)).toEqual(['x.1', 'x.2', 'x.10']);
    expect(names({ id: 'u', path: '/p', parts: ['x.1', 'x.2'], bytes: 2 })).toEqual([
      'x.10'
    ]);
  });

  it('shows what is missing first', async () => {
    const part = (name: string, present: boolean) => ({
      name,
      bytes: 5,
      sha256: 'a'.repeat(64),
      present
    });
    const bundle: Bundle = {
      id: 'b',
      subject: 'model',
      name: '<b>نام</b>',
      license: 'apache-2.0',
      files: [{ name: 'config.json', bytes: 2, sha256: 'b'.repeat(64) }],
      files_bytes: 2,
      parts: [part('one.001', true), part('one.002', false)],
      bytes: 10,
      made: '2026-11-21T12:00:00Z',
      by_version: '1.0',
      path: '/media/stick',
      complete: false
    };
    await show(<BundleFacts bundle={bundle} />, {}, 'fa');
    const rows = [...host.querySelectorAll('.pai-names li')].map(row => row.textContent);
    expect(rows[0]).toContain('one.002');
    expect(rows[0]).toContain('نیست');
    expect(host.querySelector('[role=alert]')).not.toBeNull();
    expect(host.querySelector('b')).toBeNull();
  });
});
