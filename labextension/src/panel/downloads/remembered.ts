/*
 * What a reader chose in a tab of this page, kept while JupyterLab is open, so that looking at a
 * detail and coming back finds it as it was left.
 */
import * as React from 'react';

import type { Core } from '../../core';
import { useApp } from '../../hooks';

const kept = new WeakMap<Core, Map<string, unknown>>();

/** As `useState`, with the value of `name` from before. */
export function useRemembered<Value>(
  name: string,
  start: Value
): [Value, (value: Value) => void] {
  const { core } = useApp();
  let values = kept.get(core);
  if (!values) {
    values = new Map();
    kept.set(core, values);
  }
  const all = values;
  const [value, setValue] = React.useState<Value>(() => (all.get(name) as Value) ?? start);
  const set = React.useCallback(
    (next: Value) => {
      all.set(name, next);
      setValue(next);
    },
    [all, name]
  );
  return [value, set];
}
