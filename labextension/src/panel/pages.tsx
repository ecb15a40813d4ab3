/*
 * Which component draws which page. A page reads its place from `useApp().route`.
 */
import * as React from 'react';

import { useApp } from '../hooks';
import type { PageName } from '../route';
import { Chat } from './Chat';
import { Datasets } from './Datasets';
import { Downloads } from './Downloads';
import { Home } from './Home';
import { Models } from './Models';
import { Monitor } from './Monitor';
import { Notifications } from './Notifications';
import { Settings } from './Settings';
import { Training } from './Training';

const DRAWN: Record<PageName, () => React.JSX.Element> = {
  home: Home,
  chat: Chat,
  training: Training,
  models: Models,
  datasets: Datasets,
  downloads: Downloads,
  monitor: Monitor,
  notifications: Notifications,
  settings: Settings
};

/** The page of the place we are in. */
export function CurrentPage(): React.JSX.Element {
  const { route } = useApp();
  const Drawn = DRAWN[route.page];
  return <Drawn key={route.page} />;
}
