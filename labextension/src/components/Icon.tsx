/*
 * Our line icons, 24 by 24, drawn in the colour of the text.
 */
import * as React from 'react';

const PATHS = {
  home: 'M3 11l9-8 9 8v9a1 1 0 0 1-1 1h-5v-7H9v7H4a1 1 0 0 1-1-1z',
  chat: 'M4 5h16v11H9l-5 4z',
  training: 'M3 20l6-9 4 5 8-12',
  models: 'M12 2l9 5v10l-9 5-9-5V7zM3 7l9 5 9-5M12 12v10',
  datasets:
    'M4 5c0-1.7 3.6-3 8-3s8 1.3 8 3-3.6 3-8 3-8-1.3-8-3zv14c0 1.7 3.6 3 8 3s8-1.3 8-3V5M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3',
  downloads: 'M12 3v12m0 0l-5-5m5 5l5-5M4 20h16',
  monitor: 'M3 12h4l3-8 4 16 3-8h4',
  notifications: 'M6 8a6 6 0 1 1 12 0c0 7 3 8 3 8H3s3-1 3-8M10 20a2 2 0 0 0 4 0',
  settings:
    'M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM12 2v3m0 14v3M2 12h3m14 0h3M5 5l2 2m10 10l2 2M19 5l-2 2M7 17l-2 2',
  back: 'M15 5l-7 7 7 7',
  plus: 'M12 5v14M5 12h14',
  up: 'M6 15l6-6 6 6',
  down: 'M6 9l6 6 6-6',
  split: 'M12 3v7m0 0l-7 10m7-10l7 10',
  stop: 'M7 7h10v10H7z',
  pause: 'M8 6v12M16 6v12',
  play: 'M8 5l11 7-11 7z',
  retry: 'M20 11a8 8 0 1 0-2.3 6.3M20 4v7h-7',
  trash: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  close: 'M6 6l12 12M18 6L6 18',
  check: 'M5 13l4 4L19 7',
  warning: 'M12 4l9 16H3zM12 10v4m0 3v.01',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5',
  more: 'M5 12h.01M12 12h.01M19 12h.01',
  upload: 'M12 16V4m0 0L7 9m5-5l5 5M4 20h16',
  send: 'M4 12l16-8-6 16-3-7z',
  edit: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4'
} as const;

export type IconName = keyof typeof PATHS;

/** An icon; decoration only, so it says nothing to a screen reader. */
export function Icon({
  name,
  size = 16
}: {
  name: IconName;
  size?: number;
}): React.JSX.Element {
  return (
    <svg
      className={`pai-icon pai-icon-${name}`}
      viewBox="0 0 24 24"
      width={size}
      height={size}
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
