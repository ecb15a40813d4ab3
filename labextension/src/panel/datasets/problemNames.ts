/**
 * What a problem of a line is called in a word; its sentence comes from the service.
 */
import { useApp } from '../../hooks';
import { isKey } from '../../i18n';

/** Names of codes; one that is newer than this page goes by its code. */
export function useProblemNames(): (code: string) => string {
  const { t } = useApp();
  return code => {
    const key = `bring.problem_${code}`;
    return isKey(key) ? t(key) : code;
  };
}
