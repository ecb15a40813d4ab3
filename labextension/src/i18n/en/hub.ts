import type fa from '../fa/hub';

/** The way to the Hub: token, addresses, proxy, limits, offline. */
const en: Record<keyof typeof fa, string> = {
  title: 'The way to the Hub',
  sentence:
    'Models and datasets come from the Hugging Face Hub or a mirror of it; choose the way here.',

  offline: 'Offline mode',
  offline_help:
    'Nobody is asked anything; chat, training and whatever is on this machine go on.',
  offline_on: 'Offline mode is on',
  offline_says:
    'Searching the Hub and downloading are off; chat, training and whatever is on this machine work.',
  go_online: 'Turn offline mode off',
  away: 'The Hub does not answer',
  away_says:
    'Whatever is on this machine works. If there is another way, write a mirror or a proxy in the settings, or bring a bundle from another machine.',
  to_settings: 'Set the way to the Hub',
  to_bundles: 'Bring a bundle',

  token: 'Hugging Face token',
  token_help:
    'For models with terms to accept or that are private, and to send a model to the Hub. Kept on this server, readable by you alone; never shown again.',
  token_none: 'No token is set',
  token_none_help: 'Open models are downloaded without one.',
  token_new: 'New token',
  token_write: 'Token',
  token_format: 'Begins with {prefix}; made in the settings of your account on the Hub.',
  token_short: 'A token is not as short as this.',
  token_show: 'Show what I typed',
  token_set: 'Set',
  token_change: 'Replace',
  token_validate: 'Validate again',
  token_remove: 'Remove',
  token_remove_title: 'Remove the token?',
  token_remove_help:
    'It is erased from this server; it stays in your account on the Hub, where it can be revoked.',
  token_ends: 'ends in {last}',
  token_valid: 'Valid',
  token_wrong: 'Not accepted',
  token_unknown: 'Not validated yet',
  token_account: 'Account',
  token_role: 'It may',
  token_role_read: 'read',
  token_role_write: 'read and write',
  token_role_fine: 'what was set for it',
  token_validated: 'Last validated',
  token_endpoint: 'Answered by',

  endpoints: 'Addresses',
  endpoints_help:
    'Tried in order: when one does not answer, the next is asked. An empty list means the Hub itself.',
  endpoints_default: 'The Hub itself, or what the server’s environment says.',
  endpoint: 'Address {n}',
  endpoint_new: 'Add an address',
  endpoint_form: 'such as {example}, or a mirror',
  endpoint_bad: 'An address begins with {http} or {https} and has no query and no token.',
  endpoint_twice: 'This address is on the list.',
  endpoint_full: 'Not more than {n} addresses.',
  endpoint_add: 'Add',
  endpoint_up: 'Move {url} up',
  endpoint_down: 'Move {url} down',
  endpoint_remove: 'Remove {url}',
  endpoint_token: 'May see the token',
  endpoint_token_named: '{url} may see the token',
  endpoint_token_help:
    'The token is sent only to addresses that may see it, and never along a redirect to another host.',
  endpoint_token_plain:
    'Over plain {http} the token travels unencrypted; anyone on the way can read it.',
  check: 'Try the way',
  checking: 'Trying…',
  check_offline: 'Offline mode is on; nobody was asked.',
  check_ok: 'Answered, {n} ms',
  check_ok_bare: 'Answered',
  check_away: 'No answer',
  check_token_ok: 'Accepted the token',
  check_token_bad: 'Refused the token',

  proxy: 'Proxy',
  proxy_help: 'Such as {example}; empty: what the server’s environment says.',
  proxy_bad: 'A proxy looks like {http} or {socks}',
  proxy_user: 'User name',
  proxy_password: 'Password',
  proxy_password_set: 'One is set; leave this empty to keep it.',
  proxy_password_none: 'If the proxy wants one',
  proxy_forget: 'Forget the password',
  proxy_save: 'Save',
  proxy_none: 'No proxy',

  limits: 'How much at once',
  limits_help: 'In force at once, for downloads under way too.',
  connections: 'Connections of a download',
  connections_help:
    'How many pieces come together; on a slow or filtered line, fewer are steadier.',
  downloads: 'Downloads at a time',
  downloads_help: 'Others wait in the queue.',
  bandwidth: 'Bandwidth of all downloads',
  bandwidth_help: 'Megabytes a second; empty means no limit.',
  bandwidth_bad: 'Write a number above zero.',
  bandwidth_none: 'No limit',
  bandwidth_is: '{bytes}/s',
  bandwidth_set: 'Set the limit',
  bandwidth_lift: 'Lift the limit',
  fewer: 'One fewer: {what}',
  more: 'One more: {what}',

  gated_with: 'Downloaded with your token that ends in {last}.',
  gated_without: 'It wants a token, and none is set.',
  gated_refused: 'It wants a token, and the Hub did not accept yours.',
  gated_set: 'Set a token',

  choose_files: 'Choose files',
  choose_usual: 'What is needed',
  choose_one: 'Download {name}',
  choose_sum: 'Files chosen: {n} · {bytes}',
  choose_sum_unknown: 'Files chosen: {n}',
  choose_get: 'Download these files',
  choose_bring: 'Bring these files into datasets',
  choose_none: 'No file is chosen.',
  choose_unsafe: 'Can hold code; never downloaded.',
  choose_begun: 'The download has begun.',
  choose_column: 'Chosen'
};

export default en;
