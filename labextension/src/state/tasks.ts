/*
 * What a model does decides where it is offered: only one that writes text can be talked to.
 */
import type { Key } from '../i18n';
import type { Model } from '../protocol';

const WORDS: Record<string, Key> = {
  'text-generation': 'models.task_generation',
  'text-classification': 'models.task_classification',
  'token-classification': 'models.task_tagging',
  'feature-extraction': 'models.task_encoding'
};

/** Whether it writes text. */
export function writes(model: Model): boolean {
  return model.task === 'text-generation';
}

/** The key of the words for a task, as the Hub names it. */
export function taskKey(task: string): Key {
  return WORDS[task] ?? 'models.task_generation';
}

/** The key of the words for what it does. */
export function taskWords(model: Model): Key {
  return taskKey(model.task);
}
