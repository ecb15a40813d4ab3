/**
 * The messages of a conversation. Follows the end while the reader is there, and lets go as soon
 * as they scroll up; a button brings them back.
 */
import * as React from 'react';

import { MessageView } from './MessageView';
import { streamingAnswer, type Thread } from './thread';
import { Button } from '../../components/basics';
import { safeNodes } from '../../components/SafeText';
import { useApp } from '../../hooks';
import { direction } from '../../i18n';
import { directionOf } from '../../text/direction';

/** Nearer to the end than this counts as being at the end, in pixels. */
const AT_END = 48;

/** Properties of {@link Thread}. */
export interface MessageListProps {
  thread: Thread;
  /** What is going on while an answer has no word yet. */
  waiting: string;
  onRegenerate: () => void;
}

/** See the module's comment. */
export function MessageList(props: MessageListProps): React.JSX.Element {
  const { t, lang } = useApp();
  const { thread, onRegenerate } = props;
  const box = React.useRef<HTMLDivElement>(null);
  const inner = React.useRef<HTMLDivElement>(null);
  const follows = React.useRef(true);
  const [away, setAway] = React.useState(false);
  const toEnd = React.useCallback(() => {
    const element = box.current;
    if (element) {
      element.scrollTop = element.scrollHeight;
    }
  }, []);
  React.useEffect(() => {
    const content = inner.current;
    if (!content) {
      return;
    }
    // Growing text, late fonts and a resized tab all change the height.
    const observer = new ResizeObserver(() => {
      if (follows.current) {
        toEnd();
      }
    });
    observer.observe(content);
    return () => observer.disconnect();
  }, [toEnd]);
  const asked = thread.pending !== null;
  React.useLayoutEffect(() => {
    if (asked) {
      follows.current = true;
      setAway(false);
      toEnd();
    }
  }, [asked, toEnd]);
  const onScroll = (): void => {
    const element = box.current;
    if (element) {
      const left = element.scrollHeight - element.scrollTop - element.clientHeight;
      follows.current = left < AT_END;
      setAway(left >= AT_END);
    }
  };
  const last = thread.messages.at(-1);
  const free = !thread.reading && streamingAnswer(thread) === null;
  return (
    <div className="pai-thread-box">
      <div
        className="pai-messages"
        ref={box}
        onScroll={onScroll}
        tabIndex={0}
        role="log"
        aria-label={t('chat.thread')}
      >
        <div className="pai-messages-inner" ref={inner}>
          {thread.messages.map(message => (
            <MessageView
              key={message.id}
              message={message}
              waiting={props.waiting}
              onRegenerate={
                free && message === last && message.role === 'assistant'
                  ? onRegenerate
                  : null
              }
            />
          ))}
          {thread.pending === null ? null : (
            <article
              className="pai-message pai-user pai-pending"
              aria-label={t('chat.you')}
            >
              <div
                className="pai-body pai-typed"
                dir={directionOf(thread.pending, direction(lang))}
              >
                {safeNodes(thread.pending)}
              </div>
            </article>
          )}
          {free && last?.role === 'user' && thread.pending === null ? (
            <div className="pai-flow">
              <Button icon="retry" onClick={onRegenerate}>
                {t('chat.retry')}
              </Button>
            </div>
          ) : null}
        </div>
      </div>
      {away ? (
        <Button
          className="pai-to-end"
          icon="downloads"
          aria-label={t('chat.to_end')}
          title={t('chat.to_end')}
          onClick={() => {
            follows.current = true;
            toEnd();
          }}
        />
      ) : null}
    </div>
  );
}
