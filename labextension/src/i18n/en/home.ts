import type fa from '../fa/home';

/** The home page. */
const en: Record<keyof typeof fa, string> = {
  title: 'Home',
  greeting:
    'Hello {name}. Here you train Persian language models on your own data, watch them learn, and chat with them.',
  greeting_plain:
    'Hello. Here you train Persian language models on your own data, watch them learn, and chat with them.',
  next: 'Next step',
  start_preset: 'Start training',
  start_other: 'Choose other data and options',
  next_dataset: 'First bring some data',
  next_dataset_help:
    'One Persian text, JSONL or CSV file is enough; it is checked before anything else.',
  add_dataset: 'Add data',
  next_watch: '“{name}” is training',
  next_watch_help: 'You may close this tab; training goes on.',
  watch: 'Watch the curve',
  next_chat: 'Chat with “{name}”',
  next_chat_help: 'This model has finished training and is ready to answer.',
  chat: 'Chat',
  next_train: 'Train your first model',
  next_train_help:
    'The data is ready. Choose a recipe and a size; you see the time and memory it needs before it starts.',
  new_training: 'New training',
  running: 'Running now',
  latest_models: 'Latest models',
  no_models: 'You have no models yet. Each training that completes brings its model here.',
  all_models: 'All models',
  all_jobs: 'All trainings',
  parameters: '{n} parameters'
};

export default en;
