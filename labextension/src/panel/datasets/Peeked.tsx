/**
 * The beginning of a file, at once: its first rows as they are read, what it is, and the say in how
 * it is read. The whole is read when that is asked for.
 */
import * as React from 'react';

import { FirstRows } from './FirstRows';
import { HowToRead } from './HowToRead';
import { askOf, importPlace, labelOf, type ImportSource, type Reading } from './importing';
import { useProblemNames } from './problemNames';
import { Button, Card, Chip, Ltr } from '../../components/basics';
import { Facts } from '../../components/Facts';
import { Empty, Failure, Skeleton } from '../../components/states';
import { useAction, useApp, useRequest } from '../../hooks';
import { newKey } from '../../key';
import type { Peek } from '../../protocol';

/** Rows on the page before the whole is read. */
const FIRST = 10;

/** See the module's comment. */
export function Peeked(props: {
  source: ImportSource;
  reading: Reading;
  onDiscard: () => void;
}): React.JSX.Element {
  const { core, t, go } = useApp();
  const { source, reading } = props;
  const wanted = JSON.stringify([source, reading]);
  // An answer is of the reading that was asked for with it, not of the one that is chosen now.
  // What is on the Hub has no first rows before it is fetched, and is read as it is told.
  const peek = useRequest(
    async () => ({
      of: wanted,
      said:
        source.kind === 'hub'
          ? undefined
          : await core.api.datasets.peek(askOf(source, reading))
    }),
    [wanted]
  );

  const key = React.useMemo(newKey, [wanted]);
  const read = useAction(async () => {
    const job = await core.api.datasets.read(askOf(source, reading), key);
    go(importPlace(source, reading, job.id));
  });
  const said = peek.data?.said;
  const current = peek.data?.of === wanted;
  const failed = peek.error !== null && !current;
  return (
    <>
      <Card className="pai-pad pai-peek-head">
        <Ltr>{labelOf(source)}</Ltr>
        {said ? <PeekFacts peek={said} /> : null}
        <div className="pai-acts">
          <Button onClick={props.onDiscard}>{t('bring.discard')}</Button>
          <Button
            // What has no shape yet is better told first; reading it all may fail.
            kind={said?.shape === null ? 'plain' : 'primary'}
            icon="check"
            busy={read.busy}
            disabled={!current && !failed}
            onClick={() => void read.run()}
          >
            {t('bring.read_all')}
          </Button>
        </div>
      </Card>
      {failed && peek.error ? <Failure error={peek.error} onRetry={peek.reload} /> : null}
      {read.error ? <Failure error={read.error} onClose={read.clear} /> : null}
      {said ? <First peek={said} /> : null}
      {!peek.data && !peek.error ? (
        <Card title={t('bring.peeking')}>
          <div className="pai-pad">
            <Skeleton lines={8} />
          </div>
        </Card>
      ) : null}
      {peek.data || peek.error ? (
        <Card className="pai-how">
          <HowToRead
            key={wanted}
            known={said ?? null}
            reading={reading}
            open={failed || !said || said.shape === null || said.members.length > 0}
            busy={!current && !failed}
            onRead={how => go(importPlace(source, how))}
          />
        </Card>
      ) : null}
    </>
  );
}

function PeekFacts({ peek }: { peek: Peek }): React.JSX.Element {
  const { t, fmt } = useApp();
  return (
    <div className="pai-flow pai-small">
      <Chip tone={peek.shape === null ? 'warm' : 'accent'}>
        {peek.shape === null
          ? t('bring.not_recognised')
          : t(`datasets.shape_${peek.shape}`)}
      </Chip>
      <Chip tone="quiet">
        <bdi>{peek.format}</bdi>
      </Chip>
      {peek.encoding === '' ? null : (
        <Chip tone={peek.encoding_guessed ? 'warm' : 'quiet'}>
          <bdi>{peek.encoding}</bdi>
          {peek.encoding_guessed ? ` · ${t('datasets.encoding_guessed')}` : null}
        </Chip>
      )}
      <Chip tone="quiet">{fmt.bytes(peek.bytes)}</Chip>
    </div>
  );
}

function First({ peek }: { peek: Peek }): React.JSX.Element {
  const { t } = useApp();
  const nameOf = useProblemNames();
  return (
    <Card title={t('bring.first_rows')}>
      <p className="pai-card-note pai-quiet">{t('bring.first_rows_help')}</p>
      {peek.problems.length > 0 ? (
        <p className="pai-card-note pai-flow">
          {t('bring.met')}
          {peek.problems.map(code => (
            <Chip key={code} tone="warm">
              {nameOf(code)}
            </Chip>
          ))}
        </p>
      ) : null}
      {peek.shape !== null && peek.rows.length > 0 ? (
        <FirstRows
          rows={peek.rows.slice(0, FIRST)}
          shape={peek.shape}
          label={t('bring.first_rows')}
        />
      ) : (
        <Empty icon="warning" title={t('bring.no_first_rows')} />
      )}
      {peek.fields.length > 0 ? (
        <Facts
          facts={[[t('datasets.fields'), <Ltr key="fields">{peek.fields.join(', ')}</Ltr>]]}
        />
      ) : null}
    </Card>
  );
}
