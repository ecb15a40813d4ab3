import { describe, expect, it } from 'vitest';

import { jobPlace } from '../panel/jobPlace';
import { noticePlace } from '../panel/noticePlace';
import { sourceOf } from '../panel/datasets/importing';
import type { Job } from '../protocol';
import { parseRoute } from '../route';

const job = (given: Partial<Job>): Job => ({ id: 'j1', name: 'نام', ...given }) as Job;

describe('the place of a job', () => {
  it('is the page of what it makes', () => {
    expect(jobPlace(job({ kind: 'training' }))).toEqual({ page: 'training', id: 'j1' });
    expect(jobPlace(job({ kind: 'download' })).page).toBe('downloads');
    expect(
      jobPlace(job({ kind: 'dataset', recipe: 'version', inputs: { dataset_id: 'd' } }))
    ).toEqual({ page: 'datasets', id: 'd', view: 'change', query: { job: 'j1' } });
  });

  it('of an import is where its file is read, with all that was asked', () => {
    const place = jobPlace(
      job({
        kind: 'dataset',
        recipe: 'import',
        options: { upload_id: 'u', shape: 'text', path: '', repo_id: '' },
        inputs: { files: [{ path: '/x/u.upload', name: 'نثر.csv' }] }
      })
    );
    expect(sourceOf(place.query ?? {})).toEqual({
      kind: 'upload',
      id: 'u',
      name: 'نثر.csv'
    });
    expect(place.query?.['job']).toBe('j1');
    expect(place.query?.['reading']).toContain('"text"');
  });

  it('of an import that was kept is its dataset', () => {
    const kept = job({ kind: 'dataset', recipe: 'import', result: { dataset_id: 'd' } });
    expect(jobPlace(kept)).toEqual({ page: 'datasets', id: 'd' });
  });
});

describe('the place of a notice', () => {
  it('goes by what it is of', () => {
    const link = 'job:j1';
    expect(noticePlace({ kind: 'job_completed', link })).toEqual({
      page: 'training',
      id: 'j1'
    });
    expect(noticePlace({ kind: 'dataset_completed', link })).toEqual({
      page: 'datasets',
      view: 'job',
      query: { job: 'j1' }
    });
    expect(noticePlace({ kind: 'download_failed', link })?.page).toBe('downloads');
    expect(noticePlace({ kind: 'job_completed', link: '' })).toBeNull();
    expect(noticePlace({ kind: 'job_completed', link: 'javascript:alert(1)' })).toBeNull();
  });
});

describe('a link to a part of a thing', () => {
  it('names its view', () => {
    expect(parseRoute('dataset:d1/know')).toEqual({
      page: 'datasets',
      id: 'd1',
      view: 'know'
    });
    expect(parseRoute('dataset:d1')).toEqual({ page: 'datasets', id: 'd1' });
  });
});
