/*
 * What the settings of the way to the Hub work out: whether an address is one, their order, a
 * limit in megabytes. Pure functions; the service checks all of it again.
 */
import { parseNumber } from '../format';
import type { EndpointAsk, HubEndpoint } from '../protocol';

/** How many addresses may be tried. */
export const ENDPOINTS_AT_MOST = 10;
/** Bytes of a megabyte, as sizes and speeds are shown. */
export const MEGABYTE = 1_000_000;

const ENDPOINT = /^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/;
const PROXY = /^(https?|socks5h?|socks4a?):\/\/[^\s/?#@]+\/?$/;

/** An address as it is kept: no blanks around it, no slash at its end; null when it is none. */
export function endpointOf(text: string): string | null {
  const url = text.trim().replace(/\/+$/, '');
  return ENDPOINT.test(url) ? url : null;
}

/** Whether the text is the address of a proxy; empty is none, which is right too. */
export function isProxy(text: string): boolean {
  return text === '' || PROXY.test(text);
}

/** Whether a token would travel to it unencrypted beyond this machine. */
export function isPlain(url: string): boolean {
  return url.startsWith('http://') && !/^http:\/\/(localhost|127\.|\[::1\])/.test(url);
}

/** The list with one of its items a place up (-1) or down (1); the same list at its ends. */
export function moved(list: readonly HubEndpoint[], at: number, by: -1 | 1): EndpointAsk[] {
  const next = [...list];
  const [one] = next.splice(at, 1);
  if (one && at + by >= 0 && at + by < list.length) {
    next.splice(at + by, 0, one);
    return next;
  }
  return [...list];
}

/** Bytes per second of a limit written in megabytes: 0 for none, null for what is no limit. */
export function bandwidthOf(text: string): number | null {
  if (text.trim() === '') {
    return 0;
  }
  const megabytes = parseNumber(text);
  const bytes = Math.round(megabytes * MEGABYTE);
  return Number.isFinite(bytes) && bytes > 0 ? bytes : null;
}
