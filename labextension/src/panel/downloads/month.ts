/*
 * A month such as `2026-11` as a reader of the language writes it.
 */
import { useApp } from '../../hooks';

/** Gives the month's words; Jalali in Persian, by the day in its middle. */
export function useMonth(): (month: string) => string {
  const { lang, settings } = useApp();
  const system = settings.digits === 'persian' ? 'arabext' : 'latn';
  const format = new Intl.DateTimeFormat(
    lang === 'fa' ? `fa-IR-u-ca-persian-nu-${system}` : 'en-GB',
    { year: 'numeric', month: 'long', timeZone: 'UTC' }
  );
  return month => {
    const parts = format.formatToParts(new Date(`${month}-15T12:00:00Z`));
    // Intl's own order in Persian begins with the year.
    return ['month', 'year']
      .map(name => parts.find(part => part.type === name)?.value ?? '')
      .join(' ');
  };
}
