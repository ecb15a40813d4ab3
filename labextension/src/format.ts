/*
 * Numbers, sizes, times and dates as a reader of the language writes them. Digits are Persian in
 * prose unless the user chose Latin; scientific notation stays Latin and left-to-right.
 */
import { translator, type Lang } from './i18n';

export interface Format {
  /** 1,234.5: at most `digits` after the point. */
  number(value: number, digits?: number): string;
  /** A share 0..1 as whole percent. */
  percent(share: number): string;
  /** 1.2 million, short. */
  short(value: number): string;
  /** A size with its unit. */
  bytes(value: number): string;
  /** A loss: three or four significant digits; a dash where there is none. */
  loss(value: number | null | undefined): string;
  /** 2.1e-4: Latin. */
  scientific(value: number | null | undefined): string;
  /** A span as a clock, 1:04 or 1:02:03. */
  clock(seconds: number): string;
  /** A span in words, roughly: 3 minutes. */
  span(seconds: number): string;
  /** How long ago; a date when it is far. */
  ago(iso: string, now?: Date): string;
  /** The date: Jalali in Persian. */
  date(iso: string): string;
  /** Date and time to the second, for tooltips. */
  exact(iso: string): string;
}

const UNITS = ['bytes_b', 'bytes_kb', 'bytes_mb', 'bytes_gb', 'bytes_tb'] as const;
export const NOTHING = '—';

/** The formats of a language and a choice of digits. */
export function formats(lang: Lang, digits: 'persian' | 'latin'): Format {
  const t = translator(lang);
  const system = lang === 'fa' && digits === 'persian' ? 'arabext' : 'latn';
  const locale = lang === 'fa' ? `fa-IR-u-nu-${system}` : 'en-GB';
  const dates = lang === 'fa' ? `fa-IR-u-ca-persian-nu-${system}` : 'en-GB';
  const byDigits = new Map<number, Intl.NumberFormat>();
  const day = new Intl.DateTimeFormat(dates, {
    day: 'numeric',
    month: 'long',
    year: 'numeric'
  });
  const parts = new Intl.DateTimeFormat(dates, {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23'
  });
  const pad = new Intl.NumberFormat(locale, {
    minimumIntegerDigits: 2,
    useGrouping: false
  });
  const plain = new Intl.NumberFormat(locale, { useGrouping: false });

  const number = (value: number, most = 0): string => {
    if (!Number.isFinite(value)) {
      return NOTHING;
    }
    let format = byDigits.get(most);
    if (!format) {
      format = new Intl.NumberFormat(locale, { maximumFractionDigits: most });
      byDigits.set(most, format);
    }
    return format.format(value);
  };
  // Exactly so many digits, so that a number that changes does not jump in width.
  const fixed = (value: number, digitsAfter: number): string =>
    Number.isFinite(value)
      ? new Intl.NumberFormat(locale, {
          minimumFractionDigits: digitsAfter,
          maximumFractionDigits: digitsAfter
        }).format(value)
      : NOTHING;
  const short = (value: number): string => {
    const steps = [
      [1e9, t('panel.billion')],
      [1e6, t('panel.million')],
      [1e3, t('panel.thousand')]
    ] as const;
    for (const [size, name] of steps) {
      if (Math.abs(value) >= size) {
        const text = number(value / size, value / size < 100 ? 1 : 0);
        return lang === 'fa' ? `${text} ${name}` : `${text}${name}`;
      }
    }
    return number(value, 0);
  };
  const bytes = (value: number): string => {
    let unit = 0;
    let rest = value;
    while (rest >= 1000 && unit < UNITS.length - 1) {
      rest /= 1000;
      unit += 1;
    }
    return `${number(rest, unit > 1 && rest < 100 ? 1 : 0)} ${t(`panel.${UNITS[unit] ?? 'bytes_b'}`)}`;
  };
  const clock = (seconds: number): string => {
    const whole = Math.max(0, Math.round(seconds));
    const [h, m, s] = [
      Math.floor(whole / 3600),
      Math.floor((whole % 3600) / 60),
      whole % 60
    ];
    return h > 0
      ? `${plain.format(h)}:${pad.format(m)}:${pad.format(s)}`
      : `${plain.format(m)}:${pad.format(s)}`;
  };
  const span = (seconds: number): string => {
    if (seconds < 59.5) {
      return t('panel.second', { n: number(Math.max(1, seconds)) });
    }
    if (seconds < 3570) {
      return t('panel.minute', { n: number(seconds / 60) });
    }
    if (seconds < 86_400) {
      const h = Math.floor((seconds + 30) / 3600);
      const m = Math.floor(((seconds + 30) % 3600) / 60);
      return m
        ? t('panel.hour_minute', { h: number(h), m: number(m) })
        : t('panel.hour', { n: number(h) });
    }
    return t('panel.day', { n: number(seconds / 86_400, 1) });
  };
  const date = (iso: string): string => ordered(day, new Date(iso), false);
  const ago = (iso: string, now = new Date()): string => {
    const seconds = (now.getTime() - new Date(iso).getTime()) / 1000;
    if (seconds < 10) {
      return t('panel.now');
    }
    if (seconds < 60) {
      return t('panel.seconds_ago', { n: number(Math.floor(seconds)) });
    }
    if (seconds < 3600) {
      return t('panel.minutes_ago', { n: number(Math.floor(seconds / 60)) });
    }
    if (seconds < 86_400) {
      return t('panel.hours_ago', { n: number(Math.floor(seconds / 3600)) });
    }
    const days = Math.floor(seconds / 86_400);
    if (days === 1) {
      return t('panel.yesterday');
    }
    return days < 7 ? t('panel.days_ago', { n: number(days) }) : date(iso);
  };
  return {
    number,
    // Intl puts a left-to-right mark before a Persian percentage, which turns its sign around.
    percent: value => `${number(value * 100)}${lang === 'fa' ? '٪' : '%'}`,
    short,
    bytes,
    loss: value =>
      value === null || value === undefined
        ? NOTHING
        : fixed(value, Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2),
    scientific: value =>
      value === null || value === undefined ? NOTHING : toScientific(value),
    clock,
    span,
    ago,
    date,
    exact: iso => ordered(parts, new Date(iso), true)
  };
}

/** Intl's own order of a full Persian date is odd, so the parts are put in order here. */
function ordered(format: Intl.DateTimeFormat, moment: Date, time: boolean): string {
  const part = Object.fromEntries(format.formatToParts(moment).map(p => [p.type, p.value]));
  const text = `${part['day'] ?? ''} ${part['month'] ?? ''} ${part['year'] ?? ''}`;
  return time
    ? `${text} ${part['hour'] ?? ''}:${part['minute'] ?? ''}:${part['second'] ?? ''}`
    : text;
}

function toScientific(value: number): string {
  if (value === 0) {
    return '0';
  }
  const size = Math.abs(value);
  if (size >= 0.01 && size < 10_000) {
    return String(Number(value.toPrecision(3)));
  }
  return value.toExponential(1).replace('e+', 'e').replace('.0e', 'e');
}

const PERSIAN_ZERO = 0x06f0;
const ARABIC_ZERO = 0x0660;

/** A number as a user types it: any digits, `٫` or a point, `٬` or commas; NaN when it is none. */
export function parseNumber(text: string): number {
  const latin = text
    .trim()
    .replace(/[۰-۹]/g, c => String(c.charCodeAt(0) - PERSIAN_ZERO))
    .replace(/[٠-٩]/g, c => String(c.charCodeAt(0) - ARABIC_ZERO))
    .replace(/[٬,\u066c\s]/g, '')
    .replace(/[٫/]/g, '.');
  return latin === '' ? NaN : Number(latin);
}
