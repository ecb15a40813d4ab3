/**
 * Text that someone else wrote: dataset cells, log lines, file names, model output.
 *
 * It reaches the page as text nodes only. Control characters that could reorder or hide their
 * surroundings (bidirectional overrides and isolates, C0 controls) are kept byte for byte, so that
 * copying is exact, but each sits alone in an isolate with a visible mark. The half-space (U+200C),
 * U+200D and the plain direction marks are part of good Persian text and pass untouched.
 */
import * as React from 'react';

import { directionOf } from '../text/direction';

const ODD =
  /([\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069\ufeff])/;

const NAMES: Readonly<Record<number, string>> = {
  0x202a: 'LRE',
  0x202b: 'RLE',
  0x202c: 'PDF',
  0x202d: 'LRO',
  0x202e: 'RLO',
  0x2066: 'LRI',
  0x2067: 'RLI',
  0x2068: 'FSI',
  0x2069: 'PDI',
  0xfeff: 'BOM'
};

/** The visible name of an odd character, such as `RLO` or `U+0007`. */
export function markName(character: string): string {
  const code = character.charCodeAt(0);
  return NAMES[code] ?? `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** A string as React text nodes, its odd characters marked. */
export function safeNodes(text: string): React.ReactNode {
  if (!ODD.test(text)) {
    return text;
  }
  return text.split(ODD).map((part, index) =>
    index % 2 === 1 ? (
      <bdi key={index} className="pai-odd" data-mark={markName(part)}>
        {part}
      </bdi>
    ) : (
      part
    )
  );
}

/** Properties of {@link SafeText}. */
export interface SafeTextProps {
  /** What to show, exactly. */
  text: string;
  /** `auto` counts its words; `ltr` is for ids, paths and figures. */
  dir?: 'auto' | 'rtl' | 'ltr';
  /** What a text without any word follows. */
  fallback?: 'rtl' | 'ltr';
  className?: string;
  title?: string;
}

/** Someone else's text, isolated from the direction of what stands around it. */
export function SafeText(props: SafeTextProps): React.ReactElement {
  const { text, dir = 'auto', fallback, className, title } = props;
  const direction = dir === 'auto' ? directionOf(text, fallback) : dir;
  return (
    <bdi dir={direction} className={className} title={title}>
      {safeNodes(text)}
    </bdi>
  );
}
