/**
 * What became of a text, word by word: the longest common run of words is kept, what stands between
 * is taken out or put in. Spaces and half-spaces are words too, as they are what often changes.
 */

/** A stretch of words that stayed, went or came. */
export interface Change {
  kind: 'same' | 'out' | 'in';
  text: string;
}

/** Beyond this many words on a side the middle is shown as changed as a whole. */
const WORDS_AT_MOST = 1_200;

/** Words, runs of spaces, and signs, each by itself. */
function words(text: string): string[] {
  return text.match(/[\p{L}\p{M}\p{N}\u200c]+|\s+|./gsu) ?? [];
}

/** How `before` became `after`. */
export function changes(before: string, after: string): Change[] {
  if (before === after) {
    return before === '' ? [] : [{ kind: 'same', text: before }];
  }
  const [old, fresh] = [words(before), words(after)];
  let head = 0;
  while (head < old.length && head < fresh.length && old[head] === fresh[head]) {
    head += 1;
  }
  let tail = 0;
  while (
    tail < old.length - head &&
    tail < fresh.length - head &&
    old[old.length - 1 - tail] === fresh[fresh.length - 1 - tail]
  ) {
    tail += 1;
  }
  const made: Change[] = [];
  const put = (kind: Change['kind'], text: string): void => {
    const last = made.at(-1);
    if (text === '') {
      return;
    }
    if (last?.kind === kind) {
      last.text += text;
    } else {
      made.push({ kind, text });
    }
  };
  put('same', old.slice(0, head).join(''));
  middle(old.slice(head, old.length - tail), fresh.slice(head, fresh.length - tail), put);
  put('same', tail > 0 ? old.slice(-tail).join('') : '');
  return made;
}

/** The part between: by a table of common runs where that is small enough. */
function middle(
  old: readonly string[],
  fresh: readonly string[],
  put: (kind: Change['kind'], text: string) => void
): void {
  if (old.length > WORDS_AT_MOST || fresh.length > WORDS_AT_MOST) {
    put('out', old.join(''));
    put('in', fresh.join(''));
    return;
  }
  const wide = fresh.length + 1;
  const common = new Uint16Array((old.length + 1) * wide);
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = fresh.length - 1; j >= 0; j -= 1) {
      common[i * wide + j] =
        old[i] === fresh[j]
          ? (common[(i + 1) * wide + j + 1] ?? 0) + 1
          : Math.max(common[(i + 1) * wide + j] ?? 0, common[i * wide + j + 1] ?? 0);
    }
  }
  let [i, j] = [0, 0];
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      put('same', old[i] ?? '');
      i += 1;
      j += 1;
    } else if (
      j >= fresh.length ||
      (i < old.length &&
        (common[(i + 1) * wide + j] ?? 0) >= (common[i * wide + j + 1] ?? 0))
    ) {
      put('out', old[i] ?? '');
      i += 1;
    } else {
      put('in', fresh[j] ?? '');
      j += 1;
    }
  }
}
