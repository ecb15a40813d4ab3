/*
 * What our plugins, and other extensions, share: one connection, one set of settings, one way to
 * open a page.
 */
import { Token } from '@lumino/coreutils';

import type { Core } from './core';

/** Everything that a page needs, made once per browser tab. */
export type IPersianAI = Core;

/** The token of `IPersianAI`. */
export const IPersianAI = new Token<IPersianAI>(
  'jupyter-persian-ai:IPersianAI',
  'The client, the live event stream and the pages of jupyter_persian_ai.'
);
