/**
 * A file on its way to the service: how much, how fast, how long yet.
 */
import * as React from 'react';

import { speedometer, type Sent } from './importing';
import { Bar, Button, Card, Ltr } from '../../components/basics';
import { toApiError, type ApiError } from '../../errors';
import { useApp } from '../../hooks';
import type { Upload } from '../../protocol';

/** A file that is being sent. */
export interface Sending {
  file: File | null;
  sent: Sent | null;
  error: ApiError | null;
  begin: (file: File) => void;
  cancel: () => void;
}

/** Sends one file at a time; leaving the page ends it, as the browser does. */
export function useSending(onArrived: (upload: Upload) => void): Sending {
  const { core } = useApp();
  const [file, setFile] = React.useState<File | null>(null);
  const [sent, setSent] = React.useState<Sent | null>(null);
  const [error, setError] = React.useState<ApiError | null>(null);
  const ending = React.useRef<AbortController | null>(null);
  const arrived = React.useRef(onArrived);
  arrived.current = onArrived;
  React.useEffect(() => () => ending.current?.abort(), []);
  const begin = React.useCallback(
    (chosen: File) => {
      ending.current?.abort();
      const abort = new AbortController();
      ending.current = abort;
      setFile(chosen);
      setSent(null);
      setError(null);
      const speed = speedometer();
      core.api.datasets
        .upload(chosen, {
          signal: abort.signal,
          onProgress: (done, total) => {
            if (!abort.signal.aborted) {
              setSent({ sent: done, total, speed: speed(performance.now(), done) });
            }
          }
        })
        .then(
          upload => {
            if (!abort.signal.aborted) {
              setFile(null);
              arrived.current(upload);
            }
          },
          (reason: unknown) => {
            if (!abort.signal.aborted) {
              setError(toApiError(reason));
            }
          }
        );
    },
    [core]
  );
  const cancel = React.useCallback(() => {
    ending.current?.abort();
    setFile(null);
    setError(null);
  }, []);
  return { file, sent, error, begin, cancel };
}

/** See the module's comment. */
export function SendingCard(props: {
  file: File;
  sent: Sent | null;
  onCancel: () => void;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  const { file, sent } = props;
  const all = sent !== null && sent.sent >= sent.total;
  const title = t(all ? 'bring.upload_last' : 'bring.uploading');
  return (
    <Card className="pai-working">
      <div className="pai-title">
        <strong role="status">{title}</strong>
        <Ltr>{file.name}</Ltr>
        <div className="pai-acts">
          <Button onClick={props.onCancel}>{t('panel.cancel')}</Button>
        </div>
      </div>
      <Bar
        share={sent === null || all ? null : sent.sent / Math.max(1, sent.total)}
        label={title}
        thick
      />
      <small className="pai-quiet pai-num">
        {sent === null || all
          ? fmt.bytes(file.size)
          : t('bring.upload_speed', {
              sent: fmt.bytes(sent.sent),
              total: fmt.bytes(sent.total),
              speed: fmt.bytes(sent.speed),
              left: fmt.span((sent.total - sent.sent) / Math.max(1, sent.speed))
            })}
      </small>
    </Card>
  );
}
