/*
 * Our pages as JupyterLab's widgets: one in a main-area tab, one in the side panel (which in
 * Notebook 7 also holds the pages). They own where they are; what is drawn is the panel's part.
 */
import { ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { Signal, type ISignal } from '@lumino/signaling';
import { SplitPanel, type Widget } from '@lumino/widgets';
import * as React from 'react';

import { Button } from '../components/basics';
import type { Core } from '../core';
import { useApp } from '../hooks';
import { AppRoot } from '../panel/AppRoot';
import { CurrentPage } from '../panel/pages';
import { SidePanel } from '../panel/SidePanel';
import { sameRoute, type PageName, type Route } from '../route';
import { icon } from './icon';

type Go = (route: Route, options?: { beside?: boolean }) => void;

/** A page in the main area. */
export class PageWidget extends ReactWidget {
  constructor(
    private readonly core: Core,
    /** What tells this tab from others of its page. */
    readonly key: string,
    private place: Route
  ) {
    super();
    this.id = `persian-ai-${key.replace(/[^\w-]/g, '-')}`;
    this.addClass('pai-widget');
    this.title.icon = icon;
    this.title.closable = true;
    // The shell calls a widget current when it has the focus.
    this.node.tabIndex = -1;
    this.leave = core.onLocale(() => this.retitle());
    this.retitle();
  }

  get route(): Route {
    return this.place;
  }

  /** Emitted when the tab shows another place. */
  get moved(): ISignal<this, Route> {
    return this.signal;
  }

  /** Show another place of the same page. */
  move(route: Route): void {
    if (!sameRoute(route, this.place)) {
      this.place = route;
      this.signal.emit(route);
      this.update();
    }
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.leave();
      Signal.clearData(this);
      super.dispose();
    }
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.node.focus({ preventScroll: true });
  }

  protected override render(): React.JSX.Element {
    const go: Go = (route, options) => {
      if (route.page === this.place.page && options?.beside !== true) {
        this.move(route);
      } else {
        this.core.open(route, options);
      }
    };
    return (
      <AppRoot core={this.core} place={{ route: this.place, go }} className="pai-main">
        <CurrentPage />
      </AppRoot>
    );
  }

  private retitle(): void {
    const { t } = this.core.locale();
    this.title.label = t(`panel.${this.place.page}`);
    this.title.caption = `${t('panel.name')}: ${t(`panel.${this.place.page}`)}`;
  }

  private readonly leave: () => void;
  private readonly signal = new Signal<this, Route>(this);
}

function InPanel({ onBack }: { onBack: () => void }): React.JSX.Element {
  const { t } = useApp();
  return (
    <>
      <div className="pai-back">
        <Button kind="quiet" icon="back" onClick={onBack}>
          {t('panel.back')}
        </Button>
      </div>
      <CurrentPage />
    </>
  );
}

/** The whole side area that a widget stands in. */
function areaOf(widget: Widget): Widget {
  const { parent } = widget;
  return parent && !(parent instanceof SplitPanel) ? areaOf(parent) : widget;
}

/** The side panel. */
export class PanelWidget extends ReactWidget {
  constructor(private readonly core: Core) {
    super();
    this.id = 'persian-ai-panel';
    this.addClass('pai-widget');
    this.title.icon = icon;
    this.leave = core.onLocale(() => this.retitle());
    this.retitle();
  }

  /** The page that is in front in the main area. */
  set current(page: PageName | null) {
    if (page !== this.front) {
      this.front = page;
      this.update();
    }
  }

  /** Show a page inside the panel, or the panel itself. */
  showPage(route: Route | null): void {
    this.inside = route;
    this.widen(route !== null);
    this.update();
  }

  /** A page needs more room than a panel: the area that we stand in is kept wide meanwhile. */
  private widen(wide: boolean): void {
    const area = areaOf(this);
    if (area.parent) {
      area.toggleClass('pai-widened', wide);
      area.parent.fit();
    }
  }

  override dispose(): void {
    if (!this.isDisposed) {
      this.leave();
      super.dispose();
    }
  }

  protected override render(): React.JSX.Element {
    const { inside } = this;
    if (!inside) {
      return (
        <AppRoot
          core={this.core}
          place={{ route: { page: 'home' }, go: this.core.open }}
          className="pai-panel"
        >
          <SidePanel current={this.front} />
        </AppRoot>
      );
    }
    return (
      <AppRoot
        core={this.core}
        place={{ route: inside, go: route => this.showPage(route) }}
        className="pai-panel"
      >
        <InPanel onBack={() => this.showPage(null)} />
      </AppRoot>
    );
  }

  private retitle(): void {
    this.title.caption = this.core.locale().t('panel.name');
  }

  private front: PageName | null = null;
  private inside: Route | null = null;
  private readonly leave: () => void;
}
