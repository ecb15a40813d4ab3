/*
 * Where a page is, as a value and as a short text such as `job:ID`, the words that notifications
 * and the address bar use.
 */

/** The pages; each is one main-area tab. */
export const PAGES = [
  'home',
  'chat',
  'training',
  'models',
  'datasets',
  'downloads',
  'monitor',
  'notifications',
  'settings'
] as const;

export type PageName = (typeof PAGES)[number];

/**
 * A place. `id` is the thing that is shown (a job, a conversation, a model); `view` a named part
 * of the page, such as `new`; `query` what a form begins with.
 */
export interface Route {
  page: PageName;
  id?: string;
  view?: string;
  query?: Record<string, string>;
}

const THINGS: Record<string, PageName> = {
  job: 'training',
  model: 'models',
  dataset: 'datasets',
  conversation: 'chat',
  chat: 'chat',
  download: 'downloads'
};

/** The place that a link names, or null when it names none. */
export function parseRoute(link: string): Route | null {
  const [head = '', rest] = link.split(/:(.*)/s, 2);
  const page = THINGS[head];
  if (page && rest) {
    const [id = '', part] = rest.split('/', 2);
    return part ? { page, id, view: part } : { page, id: rest };
  }
  const [name = '', view] = head.split('/', 2);
  if (!isPage(name)) {
    return null;
  }
  return view ? { page: name, view } : { page: name };
}

/** Whether a word is the name of a page. */
export function isPage(name: string): name is PageName {
  return (PAGES as readonly string[]).includes(name);
}

/** Whether two places are the same. */
export function sameRoute(a: Route, b: Route): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
