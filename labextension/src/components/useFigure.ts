/*
 * A figure that Python made, drawn into an element: anew in another theme or language, or when what
 * it is about changes; gone with the component.
 */
import * as React from 'react';

import { toApiError, type ApiError } from '../errors';
import { useApp } from '../hooks';
import type { Curve } from '../state/metrics';
import { Figure } from './bokeh';

/** What is to be drawn. */
export interface Drawing {
  /** Asks for the figure. */
  item: (theme: 'light' | 'dark', lang: 'fa' | 'en') => Promise<unknown>;
  /** What the figure depends on besides theme and language. */
  about: string;
  /** Points to begin with, by the name of their source. */
  sources: Readonly<Record<string, Curve>>;
  /** Nothing is drawn, or what was drawn goes, while this is false. */
  wanted: boolean;
}

/** How it stands. */
export interface Drawn {
  /** Where it is drawn. */
  target: React.RefObject<HTMLDivElement>;
  figure: React.RefObject<Figure | null>;
  ready: boolean;
  error: ApiError | null;
  retry: () => void;
}

/** See the module's comment. */
export function useFigure(drawing: Drawing): Drawn {
  const { core, lang, dark } = useApp();
  const target = React.useRef<HTMLDivElement>(null);
  const figure = React.useRef<Figure | null>(null);
  const [error, setError] = React.useState<ApiError | null>(null);
  const [ready, setReady] = React.useState(false);
  const [round, setRound] = React.useState(0);
  const latest = React.useRef(drawing);
  latest.current = drawing;
  const { about, wanted } = drawing;

  React.useEffect(() => {
    const place = target.current;
    if (!place || !wanted) {
      return undefined;
    }
    let current = true;
    setReady(false);
    setError(null);
    const canvas = document.createElement('div');
    place.replaceChildren(canvas);
    latest.current
      .item(dark ? 'dark' : 'light', lang)
      .then(made =>
        current ? Figure.draw(core.transport, made, latest.current.sources, canvas) : null
      )
      .then(drawn => {
        if (current && drawn) {
          figure.current = drawn;
          setReady(true);
        } else {
          drawn?.remove();
        }
      })
      .catch((reason: unknown) => {
        if (current) {
          setError(toApiError(reason));
        }
      });
    return () => {
      current = false;
      figure.current?.remove();
      figure.current = null;
      canvas.remove();
    };
  }, [core, about, dark, lang, round, wanted]);
  return { target, figure, ready, error, retry: () => setRound(n => n + 1) };
}
