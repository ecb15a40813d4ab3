/*
 * The words of the interface. Persian is the source; English must have the same keys, one file a
 * page, so that the compiler finds a missing sentence.
 */
import faBring from './fa/bring';
import faBundles from './fa/bundles';
import faChat from './fa/chat';
import faPanel from './fa/panel';
import faDatasets from './fa/datasets';
import faDownloads from './fa/downloads';
import faGate from './fa/gate';
import faHome from './fa/home';
import faHub from './fa/hub';
import faMaking from './fa/making';
import faModels from './fa/models';
import faMonitor from './fa/monitor';
import faNotifications from './fa/notifications';
import faQuality from './fa/quality';
import faRegistry from './fa/registry';
import faSettings from './fa/settings';
import faTraining from './fa/training';
import faVersions from './fa/versions';
import faWatch from './fa/watch';
import enBring from './en/bring';
import enBundles from './en/bundles';
import enChat from './en/chat';
import enPanel from './en/panel';
import enDatasets from './en/datasets';
import enDownloads from './en/downloads';
import enGate from './en/gate';
import enHome from './en/home';
import enHub from './en/hub';
import enMaking from './en/making';
import enModels from './en/models';
import enMonitor from './en/monitor';
import enNotifications from './en/notifications';
import enQuality from './en/quality';
import enRegistry from './en/registry';
import enSettings from './en/settings';
import enTraining from './en/training';
import enVersions from './en/versions';
import enWatch from './en/watch';

const fa = {
  panel: faPanel,
  home: faHome,
  training: faTraining,
  gate: faGate,
  watch: faWatch,
  chat: faChat,
  models: faModels,
  registry: faRegistry,
  making: faMaking,
  datasets: faDatasets,
  bring: faBring,
  quality: faQuality,
  versions: faVersions,
  downloads: faDownloads,
  hub: faHub,
  bundles: faBundles,
  monitor: faMonitor,
  notifications: faNotifications,
  settings: faSettings
};

type Words = typeof fa;

const en: { [Page in keyof Words]: Record<keyof Words[Page], string> } = {
  panel: enPanel,
  home: enHome,
  training: enTraining,
  gate: enGate,
  watch: enWatch,
  chat: enChat,
  models: enModels,
  registry: enRegistry,
  making: enMaking,
  datasets: enDatasets,
  bring: enBring,
  quality: enQuality,
  versions: enVersions,
  downloads: enDownloads,
  hub: enHub,
  bundles: enBundles,
  monitor: enMonitor,
  notifications: enNotifications,
  settings: enSettings
};

export type Lang = 'fa' | 'en';

/** The name of a sentence: `page.key`. */
export type Key = {
  [Page in keyof Words]: `${Page}.${keyof Words[Page] & string}`;
}[keyof Words];

export type Translate = (key: Key, values?: Record<string, string | number>) => string;

const WORDS: Record<Lang, Record<string, Record<string, string>>> = { fa, en };

// First strong isolate … pop: a name inside a sentence keeps its own direction and the sentence
// keeps its own.
const ISOLATE = '\u2068';
const POP = '\u2069';

/** The translator of a language. A value stands isolated where its `{name}` is. */
export function translator(lang: Lang): Translate {
  const words = WORDS[lang];
  return (key, values) => {
    const [page = '', name = ''] = key.split('.', 2);
    const sentence = words[page]?.[name] ?? key;
    if (!values) {
      return sentence;
    }
    return sentence.replace(/\{(\w+)\}/g, (hole, field: string) =>
      field in values ? ISOLATE + String(values[field]) + POP : hole
    );
  };
}

/** Whether there is a sentence of this name. */
export function isKey(key: string): key is Key {
  const [page = '', name = ''] = key.split('.', 2);
  return WORDS.fa[page]?.[name] !== undefined;
}

/** The sentence of a thing that carries both languages. */
export function inLanguage(lang: Lang, note: { fa: string; en: string }): string {
  return lang === 'fa' ? note.fa : note.en;
}

/** The direction of a language. */
export function direction(lang: Lang): 'rtl' | 'ltr' {
  return lang === 'fa' ? 'rtl' : 'ltr';
}
