/**
 * The parts of a bundle from this computer: chosen or dropped, and how far they are.
 */
import * as React from 'react';

import { useParts } from './useParts';
import { Bar, Button, Ltr } from '../../components/basics';
import { DropZone } from '../../components/DropZone';
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
      {now ? null : (
        <DropZone
          title={t('bundles.send_drop')}
          or={t('bundles.send_or')}
          choose={t('bundles.send_choose')}
          help={t('bundles.send_help')}
          multiple
          onFiles={parts.send}
        />
      )}
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
