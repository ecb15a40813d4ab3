import type fa from '../fa/settings';

/** The settings page. */
const en: Record<keyof typeof fa, string> = {
  title: 'Settings',
  sentence: 'These are yours, in all tabs and notebooks, and take effect at once.',
  appearance: 'Appearance',
  language: 'Language',
  language_help: 'Language and direction of our pages; Jupyter itself does not change.',
  language_fa: 'فارسی',
  language_en: 'English',
  digits: 'Digits',
  digits_help: 'Digits of prose; scientific numbers, code and axes stay Latin.',
  digits_persian: 'Persian (۱۲۳)',
  digits_latin: 'Latin (123)',
  digits_english: 'In English, digits are always Latin.',
  example: 'Example: {text}',
  work: 'Jobs',
  notify: 'Notify when jobs end',
  notify_help: 'When something ends, fails or resumes by itself.',
  concurrent: 'Jobs at a time',
  concurrent_help:
    'How many trainings run together; others wait in the queue. On one processor, one at a time is soonest done.',
  concurrent_range: '{min} to {max}',
  fewer: 'One fewer',
  more: 'One more',
  saving: 'Saving…',
  saved: 'Saved',
  about: 'About this service',
  version: 'Version',
  user: 'User',
  docs: 'API documentation',
  docs_open: 'Open'
};

export default en;
