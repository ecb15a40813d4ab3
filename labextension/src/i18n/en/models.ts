import type fa from '../fa/models';

/** The models page. */
const en: Record<keyof typeof fa, string> = {
  title: 'Models',
  sentence: 'Models that you trained, took from the Hub, or whose folder you registered.',
  empty: 'You have no model yet',
  empty_help:
    'The model of every finished training comes here. You can also register the folder of one that you have.',
  train: 'Train a model',
  register: 'Register a folder',
  register_title: 'Register a model folder',
  register_help:
    'The folder stays where it is and nothing is copied. It is checked first, without being loaded: safetensors only, and no custom code.',
  register_path: 'Path of the folder on the server',
  register_name: 'Name (optional)',
  registering: 'Checking the folder…',
  source_trained: 'trained here',
  source_path: 'registered folder',
  source_hub: 'from the Hub',
  parameters: '{n} parameters',
  search: 'Search models',
  search_none: 'No model has this name.',
  filter_all: 'All',
  chat: 'Chat',
  continue: 'Continue training',
  facts: 'Facts',
  figures: 'Figures',
  figures_help:
    'Figures of its own training, on rows held out of the same data; not for comparing with other models.',
  no_figures: 'No figures are recorded for this model.',
  fact_task: 'Task',
  task_generation: 'writes text',
  task_classification: 'labels texts',
  task_tagging: 'tags words',
  task_encoding: 'an encoder, to train labels on',
  fact_architecture: 'Architecture',
  fact_parameters: 'Parameters',
  fact_bytes: 'Size on disk',
  fact_vocabulary: 'Tokenizer vocabulary',
  fact_context: 'Context window',
  fact_context_value: '{n} tokens',
  fact_license: 'Licence',
  fact_license_unknown: 'not stated',
  fact_source: 'Origin',
  fact_created: 'Added',
  fact_path: 'Folder',
  fact_id: 'Id',
  fact_job: 'Made by',
  open_job: 'See the training',
  copy_path: 'Copy the path',
  figure_eval_loss: 'Evaluation loss',
  figure_eval_perplexity: 'Perplexity (evaluation)',
  figure_best_eval_loss: 'Lowest evaluation loss',
  figure_steps: 'Steps',
  figure_tokens: 'Tokens seen',
  rename_title: 'New name of the model',
  delete_title: 'Delete this model?',
  delete_help_trained:
    'The folder of “{name}” is erased from the disk, which frees {size}. The training that made it stays.',
  delete_help_path:
    '“{name}” is taken off the list; its folder is not touched and no space is freed.',
  missing: 'This model was not found',
  back: 'Models',
  small: 'A small model, for seeing how training goes.',
  older: 'Older'
};

export default en;
