/**
 * A file on its way to the service: how much, how fast, how long yet.
 */
import * as React from 'react';

import type { Sent } from './importing';
import { useSent } from './useSent';
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
  const [error, setError] = React.useState<ApiError | null>(null);
  const { sent, begin: start, end } = useSent();
  const arrived = React.useRef(onArrived);
  arrived.current = onArrived;
  const begin = React.useCallback(
    (chosen: File) => {
      const { signal, next } = start();
      setFile(chosen);
      setError(null);
      core.api.datasets.upload(chosen, next()).then(
        upload => {
          if (!signal.aborted) {
            setFile(null);
            arrived.current(upload);
          }
        },
        (reason: unknown) => {
          if (!signal.aborted) {
            setError(toApiError(reason));
          }
        }
      );
    },
    [core, start]
  );
  const cancel = React.useCallback(() => {
    end();
    setFile(null);
    setError(null);
  }, [end]);
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
