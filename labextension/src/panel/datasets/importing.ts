/**
 * What is brought in and how it is read, as the place of the page holds it: a reload loses neither
 * the file that was sent nor the job that reads it, and nothing is sent twice.
 */
import type { DatasetShape, ImportAsk } from '../../protocol';
import type { Route } from '../../route';
import { SHAPES } from './shapes';

/** Data that the service can reach: a file that has arrived, one that lies there, or the Hub's. */
export type ImportSource =
  | { kind: 'upload'; id: string; name: string }
  | { kind: 'path'; path: string }
  | { kind: 'hub'; repo: string; revision: string; files: readonly string[] };

/** How it is to be read, where the guesses are not trusted. */
export interface Reading {
  shape: DatasetShape | '';
  encoding: string;
  /** Our field name to the file's. */
  fields: Readonly<Record<string, string>>;
  /** Files of an archive, or sheets; none named means all. */
  members: readonly string[];
}

export const AUTOMATIC: Reading = { shape: '', encoding: '', fields: {}, members: [] };

/** The files that a page offers to choose; the service decides by content, not by this. */
export const ENDINGS =
  '.txt,.jsonl,.ndjson,.json,.csv,.tsv,.conll,.bio,.iob,.parquet,.xlsx,.zip,.gz,.tgz,.tar.gz';

const ENDING =
  /\.(?:txt|jsonl|ndjson|json|csv|tsv|conll|bio|iob|parquet|xlsx|zip|tar|tgz|gz)$/i;

/** The name that a source suggests, without folder and endings. */
export function nameOf(source: ImportSource): string {
  const path =
    source.kind === 'upload'
      ? source.name
      : source.kind === 'path'
        ? source.path
        : source.repo;
  const base = path.split(/[/\\]/).at(-1) ?? '';
  // Two at most: `.jsonl.gz`, `.tar.gz`.
  return (base.replace(ENDING, '').replace(ENDING, '') || base).slice(0, 120);
}

/** What stands on the page for a source. */
export function labelOf(source: ImportSource): string {
  return source.kind === 'upload'
    ? source.name
    : source.kind === 'path'
      ? source.path
      : source.repo;
}

/** What is asked of the service. */
export function askOf(source: ImportSource, reading: Reading): ImportAsk {
  const from: ImportAsk =
    source.kind === 'upload'
      ? { upload_id: source.id }
      : source.kind === 'path'
        ? { path: source.path }
        : {
            repo_id: source.repo,
            revision: source.revision,
            files: [...source.files]
          };
  return {
    ...from,
    name: nameOf(source),
    shape: reading.shape === '' ? null : reading.shape,
    encoding: reading.encoding === '' ? null : reading.encoding,
    fields: Object.fromEntries(
      Object.entries(reading.fields).filter(([, name]) => name !== '')
    ),
    members: [...reading.members]
  };
}

/** Where the page is while this is brought in; `job` is the one that reads it. */
export function importPlace(source: ImportSource, reading: Reading, job?: string): Route {
  const query: Record<string, string> = {};
  switch (source.kind) {
    case 'upload':
      query['upload'] = source.id;
      query['name'] = source.name;
      break;
    case 'path':
      query['path'] = source.path;
      break;
    case 'hub':
      query['repo'] = source.repo;
      query['revision'] = source.revision;
      query['files'] = JSON.stringify(source.files);
  }
  if (JSON.stringify(reading) !== JSON.stringify(AUTOMATIC)) {
    query['reading'] = JSON.stringify(reading);
  }
  if (job !== undefined) {
    query['job'] = job;
  }
  return { page: 'datasets', view: 'new', query };
}

/** What a place says is brought in; null when it says nothing. */
export function sourceOf(query: Readonly<Record<string, string>>): ImportSource | null {
  const { upload, name, path, repo } = query;
  if (upload) {
    return { kind: 'upload', id: upload, name: name ?? '' };
  }
  if (path) {
    return { kind: 'path', path };
  }
  if (repo) {
    const files = parsed(query['files']);
    return {
      kind: 'hub',
      repo,
      revision: query['revision'] ?? 'main',
      files: Array.isArray(files) ? files.map(String) : []
    };
  }
  return null;
}

/** How a place says that it is read; what is odd there is as if it were not said. */
export function readingOf(query: Readonly<Record<string, string>>): Reading {
  const said = parsed(query['reading']) as Partial<Record<keyof Reading, unknown>> | null;
  if (said === null || typeof said !== 'object') {
    return AUTOMATIC;
  }
  return {
    shape: SHAPES.find(one => one === said.shape) ?? '',
    encoding: typeof said.encoding === 'string' ? said.encoding : '',
    fields:
      typeof said.fields === 'object' && said.fields !== null
        ? Object.fromEntries(
            Object.entries(said.fields).map(([ours, theirs]) => [ours, String(theirs)])
          )
        : {},
    members: Array.isArray(said.members) ? said.members.map(String) : []
  };
}

/** What a job was asked to bring in; `name` is what its file is called. */
export function sourceFrom(ask: ImportAsk, name: string): ImportSource | null {
  if (ask.upload_id) {
    return { kind: 'upload', id: ask.upload_id, name };
  }
  if (ask.path) {
    return { kind: 'path', path: ask.path };
  }
  return ask.repo_id
    ? {
        kind: 'hub',
        repo: ask.repo_id,
        revision: ask.revision ?? 'main',
        files: ask.files ?? []
      }
    : null;
}

/** How a job was asked to read it. */
export function readingFrom(ask: ImportAsk): Reading {
  return {
    shape: ask.shape ?? '',
    encoding: ask.encoding ?? '',
    fields: ask.fields ?? {},
    members: ask.members ?? []
  };
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null') as unknown;
  } catch {
    return null;
  }
}

/** How far a file has been sent. */
export interface Sent {
  sent: number;
  total: number;
  /** Bytes per second over the last seconds. */
  speed: number;
}

const SPEED_OVER_MS = 5_000;

/** The speed of the last seconds from what was told of the whole. */
export function speedometer(): (now: number, sent: number) => number {
  const told: [number, number][] = [];
  return (now, sent) => {
    told.push([now, sent]);
    while (told.length > 2 && now - (told[0]?.[0] ?? now) > SPEED_OVER_MS) {
      told.shift();
    }
    const [began, before] = told[0] ?? [now, sent];
    return now > began ? ((sent - before) * 1000) / (now - began) : 0;
  };
}
