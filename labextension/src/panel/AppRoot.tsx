/*
 * The root of everything we draw: direction, language, theme and the context. JupyterLab around it
 * is never touched.
 */
import * as React from 'react';

import { Failure } from '../components/states';
import type { Core } from '../core';
import { toApiError, type ApiError } from '../errors';
import { AppContext, type App, type Place } from '../hooks';
import { direction } from '../i18n';

/** Whether JupyterLab's theme is dark, followed. */
function useDark(): boolean {
  const read = (): boolean => document.body.dataset['jpThemeLight'] === 'false';
  const [dark, setDark] = React.useState(read);
  React.useEffect(() => {
    const observer = new MutationObserver(() => setDark(read()));
    observer.observe(document.body, { attributeFilter: ['data-jp-theme-light'] });
    return () => observer.disconnect();
  }, []);
  return dark;
}

class Boundary extends React.Component<
  { children: React.ReactNode },
  { error: ApiError | null }
> {
  override state: { error: ApiError | null } = { error: null };

  static getDerivedStateFromError(reason: unknown): { error: ApiError } {
    return { error: toApiError(reason) };
  }

  override render(): React.ReactNode {
    return this.state.error ? (
      <Failure error={this.state.error} onRetry={() => this.setState({ error: null })} />
    ) : (
      this.props.children
    );
  }
}

export function AppRoot({
  core,
  place,
  className = '',
  children
}: {
  core: Core;
  place: Place;
  className?: string;
  children: React.ReactNode;
}): React.JSX.Element {
  const locale = React.useSyncExternalStore(core.onLocale, core.locale);
  const dark = useDark();
  const app = React.useMemo<App>(
    () => ({ core, ...locale, ...place, dark }),
    [core, locale, place, dark]
  );
  return (
    <AppContext.Provider value={app}>
      <div
        className={`pai-root ${dark ? 'pai-dark' : ''} ${className}`}
        dir={direction(locale.lang)}
        lang={locale.lang}
      >
        <Boundary>{children}</Boundary>
      </div>
    </AppContext.Provider>
  );
}
