/*
 * Requests with a body of JSON or a form, and their answers by type. It knows no route.
 */
import type { Page } from './protocol';
import type { RequestOptions, Transport } from './transport';

/** One page of a list; `seq` is the event number that it is a snapshot of. */
export type PageOf<Item> = Omit<Page, 'items'> & { items: Item[] };

export type Query = Record<string, string | number | boolean | null | undefined>;

/** What one may want of a form that is sent: to end it, and to be told how far it is. */
export type Sending = Pick<RequestOptions, 'signal' | 'onProgress'>;

/** The path with what is given of the query. */
export function withQuery(path: string, query: Query = {}): string {
  const given = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== null && value !== ''
  );
  const text = new URLSearchParams(
    given.map(([key, value]) => [key, String(value)])
  ).toString();
  return text ? `${path}?${text}` : path;
}

/** A list, whether it came bare or as a page. */
export function items<Item>(answer: Item[] | { items: Item[] }): Item[] {
  return Array.isArray(answer) ? answer : answer.items;
}

export class Requests {
  constructor(readonly transport: Transport) {}

  get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
    const options = signal ? { signal } : {};
    return this.transport.request('GET', withQuery(path, query), options) as Promise<T>;
  }

  post<T>(path: string, body?: unknown, headers?: Record<string, string>): Promise<T> {
    const options = { body: body ?? {}, ...(headers ? { headers } : {}) };
    return this.transport.request('POST', path, options) as Promise<T>;
  }

  /** `onProgress` is told how much of the form has been sent. */
  send<T>(path: string, form: FormData, options: Sending = {}): Promise<T> {
    return this.transport.request('POST', path, { body: form, ...options }) as Promise<T>;
  }

  put<T>(path: string, body: unknown): Promise<T> {
    return this.transport.request('PUT', path, { body }) as Promise<T>;
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    return this.transport.request('PATCH', path, { body }) as Promise<T>;
  }

  async remove(path: string): Promise<void> {
    await this.transport.request('DELETE', path);
  }
}
