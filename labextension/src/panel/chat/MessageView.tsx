/**
 * One message. Where it stands belongs to its speaker, its direction to its text; the direction can
 * be turned by hand. A user's words are shown as typed; a model's are read as Markdown.
 */
import * as React from 'react';

import { Button } from '../../components/basics';
import { Markdown } from '../../components/Markdown';
import { safeNodes } from '../../components/SafeText';
import { useApp } from '../../hooks';
import { direction } from '../../i18n';
import type { Message, Usage } from '../../protocol';
import { copyText } from '../../text/clipboard';
import { directionOf, type Direction } from '../../text/direction';

/** Properties of {@link MessageView}. */
export interface MessageViewProps {
  message: Message;
  /** What is going on while there is no word of the answer yet. */
  waiting: string;
  /** Asks for another answer; only the last answer has it. */
  onRegenerate: (() => void) | null;
}

/** See the module's comment. */
export const MessageView = React.memo(function MessageView(props: MessageViewProps) {
  const { t, lang } = useApp();
  const { message, onRegenerate } = props;
  const [turned, setTurned] = React.useState<Direction | null>(null);
  const [copied, setCopied] = React.useState(false);
  React.useEffect(() => {
    if (copied) {
      const timer = window.setTimeout(() => setCopied(false), 1500);
      return () => window.clearTimeout(timer);
    }
    return undefined;
  }, [copied]);
  const mine = message.role === 'user';
  const streaming = message.state === 'streaming';
  const dir = turned ?? directionOf(message.text, direction(lang));
  const labels = React.useMemo(
    () => ({ copy: t('panel.copy'), copied: t('panel.copied') }),
    [t]
  );
  return (
    <article
      className={`pai-message ${mine ? 'pai-user' : 'pai-model'}`}
      aria-label={mine ? t('chat.you') : t('chat.assistant')}
      aria-busy={streaming || undefined}
      data-state={message.state}
    >
      {mine ? null : <div className="pai-who">{t('chat.assistant')}</div>}
      {mine ? (
        <div className="pai-body pai-typed" dir={dir}>
          {safeNodes(message.text)}
        </div>
      ) : (
        <div className="pai-body">
          {message.text === '' ? (
            <p className="pai-quiet" role="status">
              {streaming ? props.waiting : t('chat.empty_answer')}
            </p>
          ) : (
            <Markdown
              text={message.text}
              dir={dir}
              forced={turned !== null}
              labels={labels}
            />
          )}
        </div>
      )}
      {streaming ? null : (
        <div className="pai-meta">
          {mine ? null : <Cost message={message} />}
          <div className="pai-message-acts">
            <Button
              kind="quiet"
              icon={copied ? 'check' : 'copy'}
              title={copied ? t('chat.copied') : t('chat.copy')}
              aria-label={copied ? t('chat.copied') : t('chat.copy')}
              onClick={() => void copyText(message.text).then(setCopied)}
            />
            <Button
              kind="quiet"
              title={t('chat.direction_tip', { now: t(`chat.${dir}`) })}
              aria-label={t('chat.direction_tip', { now: t(`chat.${dir}`) })}
              onClick={() => setTurned(dir === 'rtl' ? 'ltr' : 'rtl')}
            >
              <bdi className="pai-turn" dir="ltr" aria-hidden="true">
                {dir === 'rtl' ? '¶⇤' : '⇥¶'}
              </bdi>
            </Button>
            {onRegenerate === null ? null : (
              <Button
                kind="quiet"
                icon="retry"
                title={t('chat.regenerate')}
                aria-label={t('chat.regenerate')}
                onClick={onRegenerate}
              />
            )}
          </div>
        </div>
      )}
    </article>
  );
});

/** What an answer cost, and how it ended when it did not end by itself. */
function Cost({ message }: { message: Message }): React.JSX.Element {
  const { t, fmt } = useApp();
  const usage: Partial<Usage> = message.usage ?? {};
  const parts: [string, string][] = [];
  if (message.state === 'stopped') {
    parts.push(['state', t('chat.stopped')]);
  } else if (message.state === 'error') {
    parts.push(['state', t('chat.failed')]);
  }
  if (usage.completion_tokens) {
    parts.push(['tokens', t('chat.tokens', { n: fmt.number(usage.completion_tokens) })]);
  }
  if (usage.tokens_per_second) {
    parts.push(['speed', t('chat.speed', { n: fmt.number(usage.tokens_per_second, 1) })]);
  }
  if (usage.first_token_seconds) {
    const n = fmt.number(usage.first_token_seconds, 2);
    parts.push(['first', t('chat.first_token', { n })]);
  }
  if (usage.cached_tokens) {
    parts.push(['cached', t('chat.cached', { n: fmt.number(usage.cached_tokens) })]);
  }
  return (
    <>
      {parts.map(([name, text]) => (
        <span key={name} className={name === 'state' ? 'pai-ended' : 'pai-num'}>
          {text}
        </span>
      ))}
    </>
  );
}
