/*
 * The service straight from the page, where the page belongs to the Jupyter server that holds it.
 * Reads what JupyterLab and Notebook put in `jupyter-config-data`; JupyterLab's own client would
 * treble the size of every widget. It must not know what a route means.
 */
import { connectionOf } from '../connection';
import { ApiError, errorOf, unreachable } from '../errors';
import { readServerSentEvents } from '../sse';
import type {
  Connection,
  ConnectionHandlers,
  RequestOptions,
  Transport
} from '../transport';
import type { ServiceFacts } from './model';
import { runScript } from './script';

interface PageConfig {
  baseUrl?: string;
  token?: string;
}

/** How long the server may take to say who it is. */
const PATIENCE_MS = 5_000;

/** The direct way, if this page's server is the very service that Python sees; else null. */
export async function directTransport(facts: ServiceFacts): Promise<PageTransport | null> {
  const config = pageConfig();
  if (facts.transport !== 'auto' || !config) {
    return null;
  }
  const transport = new PageTransport(config);
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const me = (await transport.request('GET', 'me', { signal })) as { epoch?: string };
    return me.epoch === facts.epoch ? transport : null;
  } catch {
    return null;
  }
}

function pageConfig(): PageConfig | null {
  const text = document.getElementById('jupyter-config-data')?.textContent;
  if (!text) {
    return null;
  }
  try {
    return JSON.parse(text) as PageConfig;
  } catch {
    return null;
  }
}

export class PageTransport implements Transport {
  private readonly base: URL;
  private readonly token: string;

  constructor(config: PageConfig) {
    const root = new URL(config.baseUrl ?? '/', location.origin);
    this.base = new URL(
      'persian-ai/api/',
      root.href.endsWith('/') ? root : `${root.href}/`
    );
    this.token = config.token ?? '';
  }

  async request(
    method: string,
    path: string,
    options: RequestOptions = {}
  ): Promise<unknown> {
    const response = await this.send(method, path, options);
    const text = await response.text();
    return text ? (JSON.parse(text) as unknown) : undefined;
  }

  async stream(
    method: string,
    path: string,
    options: RequestOptions,
    onEvent: (name: string, data: unknown) => void
  ): Promise<void> {
    const headers = { Accept: 'text/event-stream', ...options.headers };
    const response = await this.send(method, path, { ...options, headers });
    if (response.body) {
      await readServerSentEvents(response.body, onEvent);
    }
  }

  connect(query: Record<string, string>, handlers: ConnectionHandlers): Connection {
    // The page's cookie enters; a token in an address would end up in logs.
    const address = new URL('events', this.base);
    address.protocol = address.protocol.replace('http', 'ws');
    address.search = new URLSearchParams(query).toString();
    const socket = new WebSocket(address);
    return connectionOf(socket, handlers);
  }

  url(path: string): string {
    return new URL(path, this.base).href;
  }

  loadScript(path: string): Promise<void> {
    return runScript(path, () => Promise.resolve(this.url(path)));
  }

  private async send(
    method: string,
    path: string,
    options: RequestOptions
  ): Promise<Response> {
    const headers = new Headers(options.headers);
    const form = options.body instanceof FormData;
    if (options.body !== undefined && !form) {
      headers.set('Content-Type', 'application/json');
    }
    if (this.token) {
      headers.set('Authorization', `token ${this.token}`);
    }
    const xsrf = /(?:^|; )_xsrf=([^;]+)/.exec(document.cookie)?.[1];
    if (xsrf) {
      headers.set('X-XSRFToken', xsrf);
    }
    const init: RequestInit = {
      method,
      headers,
      cache: 'no-store',
      credentials: 'same-origin'
    };
    if (options.body !== undefined) {
      init.body = form ? (options.body as FormData) : JSON.stringify(options.body);
    }
    if (options.signal) {
      init.signal = options.signal;
    }
    let response: Response;
    try {
      response = await fetch(this.url(path), init);
    } catch (reason) {
      if (reason instanceof DOMException && reason.name === 'AbortError') {
        throw reason;
      }
      throw new ApiError(unreachable(path, String(reason)));
    }
    if (!response.ok) {
      throw new ApiError(await errorOf(response), response.status);
    }
    return response;
  }
}
