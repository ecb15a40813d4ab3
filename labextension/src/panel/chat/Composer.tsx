/**
 * Where a question is written. Enter sends, Shift+Enter begins a line, a half-space has a button
 * and a shortcut; the direction follows the words. What is typed is sent byte for byte.
 */
import * as React from 'react';

import { asksForHalfSpace, HALF_SPACE, insertHalfSpace } from './halfspace';
import { Button } from '../../components/basics';
import { useApp } from '../../hooks';
import { direction } from '../../i18n';
import { directionOf } from '../../text/direction';

/** The longest message that the service takes, in characters. */
const TEXT_AT_MOST = 200_000;

/** Properties of {@link Composer}. */
export interface ComposerProps {
  text: string;
  onText: (text: string) => void;
  onSend: () => void;
  onStop: () => void;
  /** An answer is being written. */
  answering: boolean;
  disabled: boolean;
}

/** The handle of a composer. */
export interface ComposerHandle {
  focus: () => void;
}

/** See the module's comment. */
export const Composer = React.forwardRef<ComposerHandle, ComposerProps>(
  function Composer(props, ref) {
    const { t, fmt, lang } = useApp();
    const { text, onText, answering } = props;
    const field = React.useRef<HTMLTextAreaElement>(null);
    React.useImperativeHandle(ref, () => ({ focus: () => field.current?.focus() }), []);
    React.useLayoutEffect(() => {
      const area = field.current;
      if (area) {
        area.style.blockSize = 'auto';
        area.style.blockSize = `${Math.min(area.scrollHeight, 240)}px`;
      }
    }, [text]);
    const tooLong = text.length > TEXT_AT_MOST;
    const ready = text.trim() !== '' && !tooLong && !props.disabled && !answering;
    const halfSpace = (): void => {
      const area = field.current;
      if (!area) {
        return;
      }
      const edit = insertHalfSpace(area.value, area.selectionStart, area.selectionEnd);
      area.focus();
      if (edit.text === area.value) {
        return;
      }
      // Through the editing command, so that undo still works; it fires `input` by itself.
      area.setSelectionRange(edit.caret - 1, area.selectionEnd);
      if (!document.execCommand('insertText', false, HALF_SPACE)) {
        onText(edit.text);
      }
    };
    const onKeyDown = (event: React.KeyboardEvent): void => {
      if (asksForHalfSpace(event)) {
        event.preventDefault();
        halfSpace();
      } else if (
        event.key === 'Enter' &&
        !event.shiftKey &&
        !event.nativeEvent.isComposing
      ) {
        event.preventDefault();
        if (ready) {
          props.onSend();
        }
      }
    };
    return (
      <div className="pai-compose">
        <div className="pai-compose-box">
          <textarea
            ref={field}
            rows={1}
            value={text}
            dir={directionOf(text, direction(lang))}
            placeholder={t('chat.placeholder')}
            aria-label={t('chat.placeholder')}
            aria-invalid={tooLong}
            disabled={props.disabled}
            onChange={event => onText(event.currentTarget.value)}
            onKeyDown={onKeyDown}
          />
          {tooLong ? (
            <p className="pai-bad" role="alert">
              {t('chat.too_long', { n: fmt.number(TEXT_AT_MOST) })}
            </p>
          ) : null}
          <div className="pai-compose-row">
            <Button
              title={t('chat.half_space_tip')}
              disabled={props.disabled}
              // The caret must stay where it is.
              onMouseDown={event => event.preventDefault()}
              onClick={halfSpace}
            >
              {t('chat.half_space')}
            </Button>
            {answering ? (
              <Button className="pai-go" icon="stop" onClick={props.onStop}>
                {t('chat.stop')}
              </Button>
            ) : (
              <Button
                className="pai-go"
                kind="primary"
                icon="send"
                disabled={!ready}
                onClick={props.onSend}
              >
                {t('chat.send')}
              </Button>
            )}
          </div>
        </div>
      </div>
    );
  }
);
