/**
 * Copying text byte for byte.
 *
 * The clipboard API exists only on https and localhost; a Jupyter server reached by a plain address
 * has none, so a selection of a hidden field is copied there instead.
 */

/** Copy `text`; whether it worked. */
export async function copyText(text: string): Promise<boolean> {
  if (window.isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // The permission may be refused where a selection is not: fall through.
    }
  }
  const field = document.createElement('textarea');
  field.value = text;
  field.style.position = 'fixed';
  field.style.insetBlockStart = '-1000px';
  const before = document.activeElement;
  document.body.append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  if (before instanceof HTMLElement) {
    before.focus();
  }
  return done;
}
