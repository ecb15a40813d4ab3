/**
 * Words for what the service says of a model in a code: where it is from, its figures.
 */
import { useApp } from '../../hooks';
import { isKey } from '../../i18n';
import { taskKey } from '../../state/tasks';

/** Where a model is from, in words; a source without words stays as it is. */
export function useSource(): (source: string) => string {
  const { t } = useApp();
  return source => {
    const key = `models.source_${source}`;
    return isKey(key) ? t(key) : source;
  };
}

/** The name of a figure, or null when there are no words for it. */
export function useFigureName(): (name: string) => string | null {
  const { t } = useApp();
  return name => {
    const key = `models.figure_${name}`;
    return isKey(key) ? t(key) : null;
  };
}

/** A figure as it is written. */
export function useFigureValue(): (value: number) => string {
  const { fmt } = useApp();
  return value =>
    Number.isInteger(value) ? fmt.number(value) : fmt.number(value, value < 10 ? 3 : 1);
}

/** A fact of a comparison as it is written: with its unit, a dash where it is not known. */
export function useFactValue(): (name: string, value: unknown) => string {
  const { t, fmt } = useApp();
  const sourceOf = useSource();
  return (name, value) => {
    if (value === null || value === undefined || value === '') {
      return '—';
    }
    if (typeof value === 'number') {
      return name === 'bytes' ? fmt.bytes(value) : fmt.number(value, 4);
    }
    if (typeof value === 'boolean') {
      return t(value ? 'panel.yes' : 'panel.no');
    }
    if (typeof value !== 'string') {
      return JSON.stringify(value);
    }
    if (name === 'source') {
      return sourceOf(value);
    }
    return name === 'task'
      ? t(taskKey(value))
      : name === 'revision'
        ? value.slice(0, 12)
        : value;
  };
}

/** Facts in one line, each isolated: a Latin word turns no number around. Empty ones are left out. */
export function inLine(facts: readonly string[]): string {
  return facts
    .filter(fact => fact !== '')
    .map(fact => `\u2068${fact}\u2069`)
    .join(' · ');
}
