/**
 * The parts of a bundle from this computer: chosen or dropped, and how far they are.
 */
import * as React from 'react';

import { useParts } from './useParts';
import { Bar, Button, Ltr } from '../../components/basics';
import { Icon } from '../../components/Icon';
import { Failure } from '../../components/states';
import { useApp } from '../../hooks';
import { unsent } from '../../state/bundles';

/** See the module's comment. */
export function SendParts(props: {
  looking: boolean;
  onArrived: (path: string) => void;
}): React.JSX.Element {
  const { t, fmt } = useApp();
  const parts = useParts(props.onArrived);
  const { files, set, now, sent, error } = parts;
  const left = unsent(files, set);
  const arrived = files.length - left.length;
  return (
    <div className="pai-stack">
      {now ? null : <DropParts onFiles={parts.send} />}
      {now ? (
        <div className="pai-stack">
          <div className="pai-title">
            <strong role="status">
              {t('bundles.sending_of', {
                n: fmt.number(arrived + 1),
                total: fmt.number(files.length)
              })}
            </strong>
            <Ltr>{now.name}</Ltr>
            <div className="pai-acts">
              <Button icon="pause" onClick={parts.pause}>
                {t('bundles.sending_pause')}
              </Button>
            </div>
          </div>
          <Bar
            share={sent === null ? 0 : sent.sent / Math.max(1, sent.total)}
            label={t('bundles.sending', { name: now.name })}
            thick
          />
          {sent ? (
            <small className="pai-quiet pai-num">
              {t('bundles.sending_speed', {
                sent: fmt.bytes(sent.sent),
                total: fmt.bytes(sent.total),
                speed: fmt.bytes(sent.speed),
                left: fmt.span((sent.total - sent.sent) / Math.max(1, sent.speed))
              })}
            </small>
          ) : null}
        </div>
      ) : null}
      {error ? <Failure error={error} /> : null}
      {!now && (set ?? left.length > 0) ? (
        <div className="pai-flow">
          <span role="status">
            {left.length === 0
              ? t('bundles.sent_all', { n: fmt.number(set?.parts.length ?? 0) })
              : t('bundles.sending_of', {
                  n: fmt.number(arrived),
                  total: fmt.number(files.length)
                })}
          </span>
          <div className="pai-acts">
            {left.length > 0 ? (
              <Button icon="play" onClick={() => parts.send([])}>
                {t('bundles.sending_again')}
              </Button>
            ) : set ? (
              <Button
                icon="search"
                busy={props.looking}
                onClick={() => props.onArrived(set.path)}
              >
                {t('bundles.look')}
              </Button>
            ) : null}
            <Button kind="danger" onClick={parts.drop}>
              {t('bundles.drop_set')}
            </Button>
          </div>
        </div>
      ) : null}
    </div>
  );
}

function DropParts({
  onFiles
}: {
  onFiles: (files: readonly File[]) => void;
}): React.JSX.Element {
  const { t } = useApp();
  const [over, setOver] = React.useState(false);
  const input = React.useRef<HTMLInputElement>(null);
  const take = (list: FileList | null): void => {
    const files = [...(list ?? [])];
    if (files.length > 0) {
      onFiles(files);
    }
  };
  return (
    <div
      className="pai-drop"
      data-over={over || undefined}
      onDragOver={event => {
        if (event.dataTransfer.types.includes('Files')) {
          event.preventDefault();
          event.stopPropagation();
          setOver(true);
        }
      }}
      onDragLeave={() => setOver(false)}
      onDrop={event => {
        event.preventDefault();
        event.stopPropagation();
        setOver(false);
        take(event.dataTransfer.files);
      }}
    >
      <Icon name="upload" size={28} />
      <strong>{t('bundles.send_drop')}</strong>
      <span className="pai-quiet">{t('bundles.send_or')}</span>
      <Button onClick={() => input.current?.click()}>{t('bundles.send_choose')}</Button>
      <small className="pai-quiet">{t('bundles.send_help')}</small>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label={t('bundles.send_choose')}
        onChange={event => {
          take(event.currentTarget.files);
          event.currentTarget.value = '';
        }}
      />
    </div>
  );
}
