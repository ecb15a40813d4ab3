/*
 * Runs a script of the service once in a page, wherever its source comes from. Widgets are
 * separate modules, so what was loaded is remembered on the page itself.
 */
import { ApiError, unreachable } from '../errors';

const LOADED = Symbol.for('jupyter-persian-ai:scripts');

type Page = typeof globalThis & { [LOADED]?: Map<string, Promise<void>> };

/** Run the script of `path`; `address` finds where the browser gets it. */
export function runScript(path: string, address: () => Promise<string>): Promise<void> {
  const page = globalThis as Page;
  const loaded = (page[LOADED] ??= new Map());
  let running = loaded.get(path);
  if (!running) {
    running = run(path, address).catch((reason: unknown) => {
      loaded.delete(path);
      throw reason;
    });
    loaded.set(path, running);
  }
  return running;
}

async function run(path: string, address: () => Promise<string>): Promise<void> {
  const source = await address();
  await new Promise<void>((resolve, reject) => {
    const tag = document.createElement('script');
    tag.src = source;
    tag.async = true;
    tag.onload = () => resolve();
    tag.onerror = () => {
      tag.remove();
      reject(new ApiError(unreachable(path)));
    };
    document.head.append(tag);
  });
}
