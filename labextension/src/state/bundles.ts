/*
 * What the pages of bundles work out: how large a part is, what a job of theirs made, what is
 * still to be sent. Pure functions.
 */
import { parseNumber } from '../format';
import type { BundledFile, BundleUpload, Job } from '../protocol';

const MEGABYTE = 1_000_000;

/** Sizes of parts that are offered, in bytes; FAT32 keeps no file of 4 GiB or more. */
export const PART_SIZES = {
  whole: 0,
  '700mb': 700 * MEGABYTE,
  '2gb': 2_000 * MEGABYTE,
  '4gb': 4_000 * MEGABYTE
} as const;

/** One of the sizes, or one's own in megabytes. */
export type PartChoice = keyof typeof PART_SIZES | 'own';
export const PART_CHOICES: readonly PartChoice[] = ['whole', '700mb', '2gb', '4gb', 'own'];

/** Bytes of a part; null where one's own size is none. */
export function partBytes(choice: PartChoice, own: string): number | null {
  if (choice !== 'own') {
    return PART_SIZES[choice];
  }
  const megabytes = parseNumber(own);
  return Number.isFinite(megabytes) && megabytes >= 1
    ? Math.round(megabytes * MEGABYTE)
    : null;
}

/** What a completed job on a bundle left. */
export interface Made {
  /** Where the parts lie on the server. */
  path: string;
  parts: BundledFile[];
  bytes: number;
  modelId: string;
  datasetId: string;
}

/** See {@link Made}; what a job did not say is empty. */
export function madeBy(job: Pick<Job, 'result'>): Made {
  const { result } = job;
  const text = (name: string): string => {
    const value = result[name];
    return typeof value === 'string' ? value : '';
  };
  return {
    path: text('path'),
    parts: Array.isArray(result['parts']) ? (result['parts'] as BundledFile[]) : [],
    bytes: typeof result['bytes'] === 'number' ? result['bytes'] : 0,
    modelId: text('model_id'),
    datasetId: text('dataset_id')
  };
}

/** The files that have not arrived whole, in the order of their names. */
export function unsent(files: readonly File[], set: BundleUpload | null): File[] {
  const arrived = new Set(set?.parts ?? []);
  return files
    .filter(file => !arrived.has(file.name))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}
