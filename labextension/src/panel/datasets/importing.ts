/**
 * Bringing a file in: check it, show the report, keep it. One request at a time; nothing is kept by
 * the service before `keep`.
 */
import type { Api } from '../../api';
import type { Dataset, DatasetAsk, DatasetReport, DatasetShape } from '../../protocol';

/** What is brought in: a file of this computer, or a path on the server. */
export type ImportSource = { kind: 'file'; file: File } | { kind: 'path'; path: string };

/** How the file is to be read, where the guesses are not trusted. */
export interface Reading {
  shape: DatasetShape | '';
  encoding: string;
  /** Our field name to the file's. */
  fields: Readonly<Record<string, string>>;
}

export const AUTOMATIC: Reading = { shape: '', encoding: '', fields: {} };

/** How far a file has been sent. */
export interface Sent {
  sent: number;
  total: number;
  /** Bytes per second since the beginning. */
  speed: number;
}

/** How the sending goes, and the way to end it. */
export interface Watch {
  signal: AbortSignal;
  onSent: (sent: Sent) => void;
}

/** The name that a source suggests, without folder and ending. */
export function nameOf(source: ImportSource): string {
  const path = source.kind === 'file' ? source.file.name : source.path;
  const base = path.split(/[/\\]/).at(-1) ?? '';
  return (base.replace(/\.(?:txt|jsonl|ndjson|json|csv|tsv)$/i, '') || base).slice(0, 120);
}

/** The fields of ours that are given another name of the file's. */
function given(fields: Reading['fields']): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter(([, name]) => name !== ''));
}

function ask(path: string, reading: Reading, name: string): DatasetAsk {
  return {
    path,
    name,
    shape: reading.shape === '' ? null : reading.shape,
    encoding: reading.encoding === '' ? null : reading.encoding,
    fields: given(reading.fields)
  };
}

function form(file: File, reading: Reading, name: string): FormData {
  const made = new FormData();
  // Fields come before the file, so that the service knows them when the file begins.
  made.set('name', name);
  made.set('shape', reading.shape);
  made.set('encoding', reading.encoding);
  made.set('fields', JSON.stringify(given(reading.fields)));
  made.set('file', file);
  return made;
}

function watched(watch: Watch): {
  signal: AbortSignal;
  onProgress: (sent: number, total: number) => void;
} {
  const began = performance.now();
  return {
    signal: watch.signal,
    onProgress: (sent, total) => {
      const seconds = Math.max(0.001, (performance.now() - began) / 1000);
      watch.onSent({ sent, total, speed: sent / seconds });
    }
  };
}

/** What an import would say. */
export function check(
  api: Api,
  source: ImportSource,
  reading: Reading,
  watch: Watch
): Promise<DatasetReport> {
  return source.kind === 'file'
    ? api.datasets.validate(form(source.file, reading, ''), watched(watch))
    : api.datasets.validatePath(ask(source.path, reading, ''));
}

/** Import it for good. */
export function keep(
  api: Api,
  source: ImportSource,
  reading: Reading,
  name: string,
  watch: Watch
): Promise<Dataset> {
  return source.kind === 'file'
    ? api.datasets.upload(form(source.file, reading, name), watched(watch))
    : api.datasets.importPath(ask(source.path, reading, name));
}
