/*
 * The plugins: the core that pages and other extensions share, and the panel with its pages,
 * commands, launcher card and palette entries. Everything but the core is optional, so that
 * Notebook 7, which has no main area for us, works too.
 */
import {
  ILabShell,
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, WidgetTracker } from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';

import { Core } from './core';
import { translator } from './i18n';
import { icon } from './lab/icon';
import { PageWidget, PanelWidget } from './lab/widgets';
import { isPage, PAGES, parseRoute, type PageName, type Route } from './route';
import { IPersianAI } from './tokens';
import { ServerTransport } from './transport';

export * from './tokens';

/** The names of our commands. */
export namespace CommandIDs {
  /** Opens the place of `{page, id?, view?}`; `beside` in a tab of its own. */
  export const open = 'persian-ai:open';
  /** Opens a page; one command each, for palette and shortcuts. */
  export const page = (name: PageName): string => `persian-ai:open-${name}`;
  /** Brings the side panel to the front. */
  export const panel = 'persian-ai:open-panel';
}

const core: JupyterFrontEndPlugin<IPersianAI> = {
  id: 'jupyter-persian-ai:core',
  description:
    'Provides the client, the live events and the settings of jupyter_persian_ai.',
  autoStart: true,
  provides: IPersianAI,
  activate: (app: JupyterFrontEnd): IPersianAI => {
    const made = new Core(
      new ServerTransport(app.serviceManager.serverSettings),
      (route, how) => {
        void app.commands.execute(CommandIDs.open, {
          ...route,
          beside: how?.beside === true
        });
      }
    );
    made.start();
    return made;
  }
};

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-persian-ai:plugin',
  description: 'The Persian AI panel and its pages.',
  autoStart: true,
  requires: [IPersianAI],
  optional: [ILabShell, ILayoutRestorer, ICommandPalette, ILauncher],
  activate: (
    app: JupyterFrontEnd,
    persian: IPersianAI,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null
  ): void => {
    const asked = new URLSearchParams(window.location.search).get('persian-ai');
    const tracker = new WidgetTracker<PageWidget>({ namespace: 'persian-ai' });
    const panel = new PanelWidget(persian);
    app.shell.add(panel, 'left', { rank: 150 });
    restorer?.add(panel, panel.id);

    const inMain = (route: Route, beside: boolean, wanted: string): void => {
      const key =
        wanted || (beside ? `${route.page}-${Date.now().toString(36)}` : route.page);
      let page = tracker.find(known => known.key === key);
      if (page) {
        page.move(route);
      } else {
        page = new PageWidget(persian, key, route);
        page.moved.connect(widget => void tracker.save(widget));
        void tracker.add(page);
        app.shell.add(page, 'main');
      }
      app.shell.activateById(page.id);
    };
    const open = (route: Route, beside: boolean, key: string): void => {
      if (labShell) {
        inMain(route, beside, key);
      } else {
        panel.showPage(route);
        app.shell.activateById(panel.id);
      }
    };

    addCommands(app, persian, open, () => {
      panel.showPage(null);
      app.shell.activateById(panel.id);
    });
    labShell?.currentChanged.connect((_, { newValue }) => {
      panel.current = newValue instanceof PageWidget ? newValue.route.page : null;
    });
    void restorer?.restore(tracker, {
      command: CommandIDs.open,
      args: widget => ({ ...widget.route, key: widget.key }),
      name: widget => widget.key
    });
    addToPalette(palette);
    launcher?.add({ command: CommandIDs.page('home'), category: 'Other', rank: 0 });

    const route = asked ? parseRoute(asked) : null;
    if (route) {
      void settled(app).then(() => {
        app.shell.activateById(panel.id);
        open(route, false, '');
        forgetQuery();
      });
    }
  }
};

function addCommands(
  app: JupyterFrontEnd,
  persian: IPersianAI,
  open: (route: Route, beside: boolean, key: string) => void,
  openPanel: () => void
): void {
  const { commands } = app;
  const [fa, en] = [translator('fa'), translator('en')];
  commands.addCommand(CommandIDs.open, {
    label: 'هوش فارسی (Persian AI)',
    execute: args => {
      const route = routeOf(args);
      if (route) {
        open(route, args['beside'] === true, String(args['key'] ?? ''));
      }
    }
  });
  commands.addCommand(CommandIDs.panel, {
    label: 'پنل هوش فارسی (Persian AI panel)',
    execute: openPanel
  });
  for (const name of PAGES) {
    const words = (): string => `${fa(`panel.${name}`)} (${en(`panel.${name}`)})`;
    const inLauncher = (): string =>
      persian.locale().lang === 'fa' ? fa('panel.name') : en('panel.name');
    commands.addCommand(CommandIDs.page(name), {
      label: args =>
        args['isPalette'] === true
          ? words()
          : name === 'home'
            ? `${inLauncher()}`
            : `${inLauncher()}: ${words()}`,
      caption: `${fa('panel.name')}: ${words()}`,
      icon: args => (args['isPalette'] === true ? undefined : icon),
      execute: () => open({ page: name }, false, '')
    });
  }
  persian.onLocale(() => commands.notifyCommandChanged());
}

function addToPalette(palette: ICommandPalette | null): void {
  const category = 'هوش فارسی (Persian AI)';
  for (const name of PAGES) {
    palette?.addItem({
      command: CommandIDs.page(name),
      category,
      args: { isPalette: true }
    });
  }
  palette?.addItem({ command: CommandIDs.panel, category });
}

/** When nothing moves the areas of the shell any more; Notebook 7 says so on its shell. */
async function settled(app: JupyterFrontEnd): Promise<void> {
  await app.restored;
  await (app.shell as { restored?: Promise<unknown> }).restored;
  await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
}

/** The place that a command's arguments name. */
function routeOf(args: Readonly<Record<string, unknown>>): Route | null {
  const page = String(args['page'] ?? '');
  if (!isPage(page)) {
    return null;
  }
  const query = args['query'];
  return {
    page,
    ...(typeof args['id'] === 'string' ? { id: args['id'] } : {}),
    ...(typeof args['view'] === 'string' ? { view: args['view'] } : {}),
    ...(query && typeof query === 'object'
      ? { query: query as Record<string, string> }
      : {})
  };
}

/** A reload shall restore what was open, not open the asked page again. */
function forgetQuery(): void {
  const address = new URL(window.location.href);
  address.searchParams.delete('persian-ai');
  window.history.replaceState(window.history.state, '', address);
}

const plugins: JupyterFrontEndPlugin<unknown>[] = [core, plugin];

export default plugins;
