import type fa from '../fa/downloads';

/** The downloads page. */
const en: Record<keyof typeof fa, string> = {
  title: 'Downloads',
  sentence:
    'Take models and datasets from the Hub; closing this page does not cut a download off.',
  empty: 'You have no downloads',
  empty_help:
    'Write the id of a repository above; its progress, speed and time left come here.',
  form: 'New download',
  repo: 'Repository id',
  repo_help: 'such as owner/name',
  repo_bad: 'An id looks like owner/name.',
  type: 'Type',
  type_model: 'Model',
  type_dataset: 'Dataset',
  revision: 'Revision',
  revision_help: 'A branch, tag or commit id',
  start: 'Download',
  starting: 'Starting…',
  cancel: 'Cancel',
  remove: 'Take off the list',
  retry: 'Try again',
  cancel_yes: 'Cancel the download',
  cancel_title: 'Cancel this download?',
  cancel_help: 'What has come of “{name}” is thrown away.',
  progress: '{done} of {total}',
  speed: '{bytes}/s',
  left: '{time} left',
  file: 'file: {file}',
  open_model: 'See the model',
  folder: 'Folder',
  older: 'Older',
  trust: 'Only safetensors is accepted, and no code of the repository is run.'
};

export default en;
