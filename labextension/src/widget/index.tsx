/*
 * The front end of every widget: chooses how to reach the service, makes one core per widget, and
 * draws its view wherever the notebook shows it. One core serves all views of a widget, so that a
 * second view begins with everything the first one has.
 */
import * as React from 'react';
import { createRoot } from 'react-dom/client';

import { Core } from '../core';
import type { Place } from '../hooks';
import { AppRoot } from '../panel/AppRoot';
import type { UserSettings } from '../protocol';
import { KernelTransport } from './kernel-transport';
import { liveDownload } from './DownloadView';
import type { Kind, ServiceFacts, Snapshot, WidgetModel } from './model';
import { directTransport } from './page-transport';
import { View } from './views';

interface About {
  job_id?: string;
  job_ids?: string[];
  conversation_id?: string;
  dataset_id?: string;
  model_id?: string;
  version?: number | null;
}

/** The place that a widget's view stands for. A widget has no other pages to go to. */
function placeOf(kind: Kind, about: About): Place {
  const go = (): void => undefined;
  switch (kind) {
    case 'chat':
      return {
        route: {
          page: 'chat',
          ...(about.conversation_id ? { id: about.conversation_id } : {})
        },
        go
      };
    case 'monitor':
      return { route: { page: 'monitor' }, go };
    case 'download':
      return {
        route: { page: 'downloads', ...(about.job_id ? { id: about.job_id } : {}) },
        go
      };
    case 'dataset':
      return {
        route: {
          page: 'datasets',
          ...(about.dataset_id ? { id: about.dataset_id } : {})
        },
        go
      };
    case 'model':
      return {
        route: { page: 'models', ...(about.model_id ? { id: about.model_id } : {}) },
        go
      };
    default:
      return {
        route: { page: 'training', ...(about.job_id ? { id: about.job_id } : {}) },
        go
      };
  }
}

/** The way to the service, said to Python too: it pushes nothing to pages that need nothing. */
async function reach(model: WidgetModel): Promise<Core> {
  const direct = await directTransport(model.get('service') as ServiceFacts);
  const transport = direct ?? new KernelTransport(model);
  const page = crypto.getRandomValues(new Uint32Array(2)).join('');
  model.send({ type: 'page', page, mode: direct ? 'direct' : 'kernel' });
  const snapshot = model.get('snapshot') as Partial<Snapshot>;
  const core = new Core(
    transport,
    () => undefined,
    snapshot.answers?.['settings'] as UserSettings | undefined
  );
  core.start();
  keep(core, model.get('kind') as Kind, model.get('about') as About);
  return core;
}

/** Follow what the widget is about as long as it lives, so that a later view has it at once. */
function keep(core: Core, kind: Kind, about: About): void {
  if (kind === 'monitor') {
    core.jobs().watch(() => undefined);
  } else if (kind === 'download' && about.job_id) {
    liveDownload(core, about.job_id).watch(() => undefined);
  } else if (kind === 'model' && about.model_id) {
    core.model(about.model_id).watch(() => undefined);
  } else if (about.job_ids) {
    for (const id of about.job_ids) {
      core.run(id).watch(() => undefined);
    }
  } else if (about.job_id) {
    core.job(about.job_id).watch(() => undefined);
  }
}

/** The factory that anywidget calls once per widget of a page. */
export default function widget(): {
  initialize: (given: { model: WidgetModel }) => () => void;
  render: (given: { model: WidgetModel; el: HTMLElement }) => () => void;
} {
  let core: Promise<Core> | null = null;
  return {
    initialize({ model }) {
      core = reach(model);
      return () => void core?.then(made => made.dispose());
    },
    render({ model, el }) {
      const kind = model.get('kind') as Kind;
      const about = model.get('about') as About;
      const place = placeOf(kind, about);
      const root = createRoot(el);
      let gone = false;
      void core?.then(made => {
        if (!gone) {
          root.render(
            <AppRoot
              core={made}
              place={place}
              className={`pai-notebook pai-notebook-${kind}`}
            >
              <View
                kind={kind}
                ids={about.job_ids ?? [place.route.id ?? '']}
                version={about.version ?? null}
              />
            </AppRoot>
          );
        }
      });
      return () => {
        gone = true;
        root.unmount();
      };
    }
  };
}
