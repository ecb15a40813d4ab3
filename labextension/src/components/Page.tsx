/*
 * The frame of a page: where you are, one title, its state, its actions at the far end.
 */
import * as React from 'react';

import { useApp } from '../hooks';
import type { Route } from '../route';

export interface Crumb {
  label: string;
  to?: Route;
}

export function Page({
  crumbs = [],
  title,
  state,
  actions,
  sentence,
  children,
  wide = false
}: {
  crumbs?: Crumb[];
  title: React.ReactNode;
  state?: React.ReactNode;
  actions?: React.ReactNode;
  sentence?: React.ReactNode;
  children: React.ReactNode;
  wide?: boolean;
}): React.JSX.Element {
  const { go } = useApp();
  return (
    <div className={`pai-page ${wide ? 'pai-wide' : ''}`}>
      <div className="pai-page-head">
        {crumbs.length ? (
          <nav className="pai-crumbs">
            {crumbs.map(({ label, to }, index) => (
              <React.Fragment key={label}>
                {index ? <span aria-hidden="true">›</span> : null}
                {to ? (
                  <button type="button" className="pai-link" onClick={() => go(to)}>
                    {label}
                  </button>
                ) : (
                  <span>{label}</span>
                )}
              </React.Fragment>
            ))}
          </nav>
        ) : null}
        <div className="pai-title">
          <h1>{title}</h1>
          {state}
          {actions ? <div className="pai-acts">{actions}</div> : null}
        </div>
        {sentence ? <p className="pai-quiet">{sentence}</p> : null}
      </div>
      {children}
    </div>
  );
}
