/**
 * Bringing data in: choose it; see its first rows at once; have the whole read; keep it or not.
 * Which of these it is at is said by the place, so that a reload stays there.
 */
import * as React from 'react';

import { ImportJob } from './datasets/ImportJob';
import { ImportWays } from './datasets/ImportWays';
import {
  askOf,
  AUTOMATIC,
  importPlace,
  readingOf,
  sourceOf,
  type ImportSource
} from './datasets/importing';
import { Peeked } from './datasets/Peeked';
import { SendingCard, useSending } from './datasets/Sending';
import { Page } from '../components/Page';
import { Failure } from '../components/states';
import { useAction, useApp } from '../hooks';
import { newKey } from '../key';

/** See the module's comment. */
export function DatasetImport(): React.JSX.Element {
  const { core, t, go, route } = useApp();
  const query = route.query ?? {};
  const source = sourceOf(query);
  const reading = readingOf(query);
  const { job } = query;
  const sending = useSending(upload =>
    go(importPlace({ kind: 'upload', id: upload.id, name: upload.name }, AUTOMATIC))
  );
  // What is on the Hub has no first rows before it was fetched: it is read at once.
  const [key, setKey] = React.useState(newKey);
  const fetchIt = useAction(async (chosen: ImportSource) => {
    const made = await core.api.datasets.read(askOf(chosen, AUTOMATIC), key);
    setKey(newKey());
    go(importPlace(chosen, AUTOMATIC, made.id));
  });
  const startOver = (): void => go({ page: 'datasets', view: 'new' });
  const discard = (): void => {
    if (source?.kind === 'upload') {
      // It is swept a day later anyway, so nobody waits for this or hears of its failure.
      void core.api.datasets.dropUpload(source.id).catch(() => undefined);
    }
    startOver();
  };
  return (
    <Page
      crumbs={[{ label: t('datasets.back'), to: { page: 'datasets' } }]}
      title={t('bring.title')}
      sentence={t('bring.sentence')}
    >
      {sending.error ? (
        <Failure
          error={sending.error}
          title={sending.error.status === 0 ? t('bring.upload_failed') : undefined}
          onRetry={() => sending.file && sending.begin(sending.file)}
          onClose={sending.cancel}
        />
      ) : null}
      {fetchIt.error ? <Failure error={fetchIt.error} onClose={fetchIt.clear} /> : null}
      {job ? (
        <ImportJob
          key={job}
          id={job}
          source={source}
          reading={reading}
          onDiscard={discard}
        />
      ) : source ? (
        <Peeked source={source} reading={reading} onDiscard={discard} />
      ) : sending.file && !sending.error ? (
        <SendingCard file={sending.file} sent={sending.sent} onCancel={sending.cancel} />
      ) : (
        <ImportWays
          onFile={sending.begin}
          onPath={path => go(importPlace({ kind: 'path', path }, AUTOMATIC))}
          onHub={chosen => void fetchIt.run(chosen)}
          busy={fetchIt.busy}
        />
      )}
    </Page>
  );
}
