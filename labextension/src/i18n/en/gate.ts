import type fa from '../fa/gate';

/** Before a training starts: the estimate, the gate, the dial, the rehearsal. */
const en: Record<keyof typeof fa, string> = {
  parameters: 'Parameters',
  trainable: 'Trainable',
  tokens: 'Tokens an epoch',
  steps: 'Steps',
  memory: 'Memory',
  memory_of: '{needed} of {free}',
  memory_bar: 'Memory needed of memory free',
  disk: 'Disk',
  time: 'Time',
  about: 'about {value}',
  measured: 'measured',
  computed: 'computed',
  guessed: 'guessed',
  within: '{how}, ±{share}',
  certainty_help:
    'How sure: measured on this machine, computed from what is known, or guessed.',
  parts: 'What makes up the memory',
  part_process: 'Program and libraries',
  part_weights: 'Weights',
  part_optimizer: 'Optimiser',
  part_gradients: 'Gradients',
  part_activations: 'Inner values',
  part_loss: 'Loss and the model’s head',
  part_checkpoint: 'Copy for a checkpoint',
  part_allocator: 'The allocator’s share',
  checks: 'Before it starts',
  check_ok: 'fine',
  check_bad: 'refuses the run',
  check_unsure: 'worth a look',
  apply: 'Apply',
  applied: 'Applied.',
  fit: 'Fit this machine',
  fitting: 'Fitting…',
  fit_help:
    'Chooses batch size, accumulation, precision and checkpointing for this machine.',
  fit_chosen: 'For this machine',
  fit_none: 'The options fitted this machine already; nothing was changed.',
  try: 'Try one step',
  trying: 'Trying…',
  try_help:
    'Loads the model and takes one real step; nothing is started and nothing is kept.',
  tried_memory: 'peak memory {memory}',
  tried_speed: '{time} a step',
  tried_all: 'all {steps} steps in about {time}',
  seconds: '{n} s',
  on: 'on',
  off: 'off',
  unset: 'empty'
};

export default en;
