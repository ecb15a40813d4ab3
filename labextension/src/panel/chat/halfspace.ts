/**
 * Putting a half-space (U+200C) where the caret stands.
 *
 * Many keyboards have no key for it. Shift+Space stays with the keyboard layout, which may already
 * mean it; our own shortcut is Ctrl+Shift+2 (as in word processors) besides the button.
 */

export const HALF_SPACE = '\u200c';

/** A text field's content and selection after an edit. */
export interface Edit {
  text: string;
  caret: number;
}

/**
 * Replace the selection by a half-space.
 *
 * A second one beside the first joins nothing more and would be invisible rubbish, so it is left
 * out; a plain space just before the caret becomes the half-space, which is what one means by
 * pressing it there.
 */
export function insertHalfSpace(text: string, start: number, end: number): Edit {
  const before = text.slice(0, start);
  const after = text.slice(end);
  if (before.endsWith(HALF_SPACE) || (start === end && after.startsWith(HALF_SPACE))) {
    return { text: before + after, caret: start };
  }
  const kept = start === end && before.endsWith(' ') ? before.slice(0, -1) : before;
  return { text: kept + HALF_SPACE + after, caret: kept.length + 1 };
}

/** Whether a key press asks for a half-space. */
export function asksForHalfSpace(event: {
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  code: string;
}): boolean {
  return (event.ctrlKey || event.metaKey) && event.shiftKey && event.code === 'Digit2';
}
