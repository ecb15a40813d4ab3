/**
 * The direction of a text, decided by counting its words.
 *
 * Why not `dir="auto"`: it looks at the first strong letter only, so «Qwen3 مدل خوبی است، نه؟»
 * would run left to right with its question mark misplaced. Code, addresses and paths say nothing
 * about the language of a message and are not counted. No DOM here: the same rule serves panel,
 * widgets and tests.
 */

export type Direction = 'rtl' | 'ltr';

/** How many words of a text run each way, code left out. */
export interface WordCount {
  rtl: number;
  ltr: number;
}

/** Only this much is read: a direction does not change later, and this runs at every token. */
const READ_AT_MOST = 20_000;

const FENCE = /^ {0,3}(`{3,}|~{3,})/;

/** Inline code on one line; bounded, so that a text of back-ticks alone costs no more. */
const INLINE_CODE = /(`{1,3})(?!`)[^\n]{1,400}?\1(?!`)/g;

/** Addresses, mail addresses, and paths of two or more parts. */
const ADDRESSES: readonly RegExp[] = [
  /\b[a-z][a-z0-9+.-]{1,15}:\/\/\S+/gi,
  /\b[\w.+-]{1,64}@[\w-]{1,63}\.\S+/g,
  /(?<!\S)[~.]{0,2}(?:[/\\][\w.@%+-]{1,255}){2,}/g
];

const LETTER = /\p{L}/u;

const RIGHT_TO_LEFT =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** Persian digits and punctuation decide for a text without words. */
const RIGHT_SIGNS = /[\u0660-\u066c\u06f0-\u06f9،؛؟]/;

/** The text without fenced code; an unclosed fence (an answer still coming) runs to the end. */
function withoutFences(text: string): string {
  const kept: string[] = [];
  let fence: string | null = null;
  for (const line of text.split('\n')) {
    const mark = FENCE.exec(line)?.[1];
    if (fence === null) {
      if (mark === undefined) {
        kept.push(line);
      } else {
        fence = mark;
      }
    } else if (mark !== undefined && mark.startsWith(fence)) {
      fence = null;
    }
  }
  return kept.join('\n');
}

/** Count the words of each direction, outside code and addresses. */
export function countWords(text: string): WordCount {
  let prose = withoutFences(text.slice(0, READ_AT_MOST)).replace(INLINE_CODE, ' ');
  for (const pattern of ADDRESSES) {
    prose = prose.replace(pattern, ' ');
  }
  const count: WordCount = { rtl: 0, ltr: 0 };
  // Words are what spaces part, so that a name such as Qwen/Qwen3-0.6B is one; a word that holds
  // both scripts, «Qwen3است», is read with its right-to-left neighbours.
  for (const word of prose.split(/\s+/)) {
    if (RIGHT_TO_LEFT.test(word)) {
      count.rtl += 1;
    } else if (LETTER.test(word)) {
      count.ltr += 1;
    }
  }
  return count;
}

/**
 * The direction of a whole text.
 *
 * A tie goes to the right-to-left side: Persian about software borrows English words far more
 * often than English borrows Persian ones. `fallback` is for a text with neither words
 * nor Persian digits.
 */
export function directionOf(text: string, fallback: Direction = 'ltr'): Direction {
  const { rtl, ltr } = countWords(text);
  if (rtl === 0 && ltr === 0) {
    return RIGHT_SIGNS.test(text) ? 'rtl' : fallback;
  }
  return rtl >= ltr ? 'rtl' : 'ltr';
}

/**
 * The direction of one block inside a text whose direction is `base`.
 *
 * A block keeps the direction of its text unless it is wholly in the other one, so that a quoted
 * English paragraph in a Persian answer reads right while a sentence with a borrowed term stays.
 */
export function blockDirection(text: string, base: Direction): Direction {
  const { rtl, ltr } = countWords(text);
  if (base === 'rtl') {
    return rtl === 0 && ltr >= 3 ? 'ltr' : 'rtl';
  }
  return ltr === 0 && rtl >= 2 ? 'rtl' : 'ltr';
}
