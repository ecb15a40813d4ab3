/*
 * How the front end reaches the service. Everything above this file (api, stream, pages, widgets)
 * knows only the interface, so that a notebook without a Jupyter server of ours can send the same
 * words over its kernel. This file knows no route and no meaning of a frame.
 */
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import { connectionOf } from './connection';
import { ApiError, errorOf, unreachable } from './errors';
import { readServerSentEvents } from './sse';
import type { Event, Hello, Resync } from './protocol';
import { watchedFetch } from './upload';

/** What a request may carry besides its method and path. */
export interface RequestOptions {
  /** JSON, or a form with a file. */
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** Told how many bytes of a form have been sent; a transport that cannot know never calls it. */
  onProgress?: (sent: number, total: number) => void;
}

/** A frame that the service sends on the live connection. */
export type Frame = Hello | Resync | Event;

/** A frame that we send on the live connection. */
export interface Ask {
  subscribe?: string[];
  unsubscribe?: string[];
  since?: number;
}

/** An open live connection. */
export interface Connection {
  send(frame: Ask): void;
  close(): void;
}

/** What a live connection calls. `onClose` comes once, also when it never opened. */
export interface ConnectionHandlers {
  onFrame(frame: Frame): void;
  onClose(): void;
}

export interface Transport {
  /** Send a request; resolves to the decoded JSON (undefined when empty), rejects with ApiError. */
  request(method: string, path: string, options?: RequestOptions): Promise<unknown>;
  /** Send a request whose answer is server-sent events; resolves at the end of the stream. */
  stream(
    method: string,
    path: string,
    options: RequestOptions,
    onEvent: (name: string, data: unknown) => void
  ): Promise<void>;
  /** Open the live connection. Reconnecting, cursors and topics are stream.ts's part. */
  connect(query: Record<string, string>, handlers: ConnectionHandlers): Connection;
  /** The address of something that the browser itself fetches (a download), or null. */
  url(path: string): string | null;
  /** Run one of BokehJS's scripts from the service, once. */
  loadScript(path: string): Promise<void>;
}

const BUSY_TRIES = 4;
const BUSY_WAIT_MS = 400;

/** The transport of JupyterLab and Notebook 7: HTTP and one WebSocket to the Jupyter server. */
export class ServerTransport implements Transport {
  constructor(
    readonly settings: ServerConnection.ISettings = ServerConnection.makeSettings()
  ) {}

  async request(
    method: string,
    path: string,
    options: RequestOptions = {}
  ): Promise<unknown> {
    const response = await this.patiently(method, path, options);
    const text = await response.text();
    return text ? (JSON.parse(text) as unknown) : undefined;
  }

  async stream(
    method: string,
    path: string,
    options: RequestOptions,
    onEvent: (name: string, data: unknown) => void
  ): Promise<void> {
    const response = await this.send(method, path, {
      ...options,
      headers: { Accept: 'text/event-stream', ...options.headers }
    });
    if (response.body) {
      await readServerSentEvents(response.body, onEvent);
    }
  }

  connect(query: Record<string, string>, handlers: ConnectionHandlers): Connection {
    const asked = { ...query };
    if (this.settings.appendToken && this.settings.token) {
      asked['token'] = this.settings.token;
    }
    const address =
      URLExt.join(this.settings.wsUrl, 'persian-ai/api/events') +
      URLExt.objectToQueryString(asked);
    const socket = new this.settings.WebSocket(address);
    return connectionOf(socket, handlers);
  }

  url(path: string): string {
    return URLExt.join(this.settings.baseUrl, 'persian-ai/api', path);
  }

  loadScript(path: string): Promise<void> {
    const known = scripts.get(path);
    if (known) {
      return known;
    }
    const loading = new Promise<void>((resolve, reject) => {
      const tag = document.createElement('script');
      const query =
        this.settings.appendToken && this.settings.token
          ? URLExt.objectToQueryString({ token: this.settings.token })
          : '';
      tag.src = this.url(path) + query;
      tag.async = true;
      tag.onload = () => resolve();
      tag.onerror = () => {
        scripts.delete(path);
        tag.remove();
        reject(new ApiError(unreachable(path)));
      };
      document.head.append(tag);
    });
    scripts.set(path, loading);
    return loading;
  }

  /** A read waits out a service that is starting or busy; a write is the user's to repeat. */
  private async patiently(
    method: string,
    path: string,
    options: RequestOptions
  ): Promise<Response> {
    for (let tries = 0; ; tries++) {
      try {
        return await this.send(method, path, options);
      } catch (reason) {
        // A Hub that is away stays away; that is said at once.
        const busy =
          reason instanceof ApiError &&
          reason.status === 503 &&
          reason.body.code !== 'hub_offline';
        if (method !== 'GET' || !busy || tries >= BUSY_TRIES || options.signal?.aborted) {
          throw reason;
        }
        await new Promise(resolve => setTimeout(resolve, BUSY_WAIT_MS * 2 ** tries));
      }
    }
  }

  private async send(
    method: string,
    path: string,
    options: RequestOptions
  ): Promise<Response> {
    const form = options.body instanceof FormData;
    const init: RequestInit = { method };
    if (options.signal) {
      init.signal = options.signal;
    }
    const headers = new Headers(options.headers);
    if (options.body !== undefined) {
      init.body = form ? (options.body as FormData) : JSON.stringify(options.body);
      if (!form) {
        headers.set('Content-Type', 'application/json');
      }
    }
    init.headers = headers;
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(this.url(path), init, {
        ...this.settings,
        ...(form && options.onProgress
          ? { fetch: watchedFetch(options.body as FormData, options.onProgress) }
          : {}),
        // JupyterLab would set a JSON content type and so lose the form's boundary.
        init: { ...this.settings.init, cache: 'no-store' }
      });
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

const scripts = new Map<string, Promise<void>>();
