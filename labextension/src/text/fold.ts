/**
 * Folding for search: what a reader takes for the same text becomes the same string.
 *
 * Arabic and Persian yeh and kaf, Persian and Latin digits, half-spaces, diacritics and case do
 * not count. For finding only: what is shown or kept is never folded.
 */

const LETTERS: Readonly<Record<string, string>> = {
  ي: 'ی',
  ى: 'ی',
  ئ: 'ی',
  ك: 'ک',
  ة: 'ه',
  ۀ: 'ه',
  أ: 'ا',
  إ: 'ا',
  آ: 'ا',
  ٱ: 'ا',
  ؤ: 'و'
};

/** The folded form of a text. */
export function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[يىئكةۀأإآٱؤ]/g, letter => LETTERS[letter] ?? letter)
    .replace(/[۰-۹]/g, digit => String(digit.charCodeAt(0) - 0x06f0))
    .replace(/[٠-٩]/g, digit => String(digit.charCodeAt(0) - 0x0660))
    .replace(/[\u200b-\u200f\u2060-\u2069\u202a-\u202e\u0640]/g, '')
    .replace(/\p{Mn}/gu, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Whether `text` holds `query`, both folded; an empty query is in every text. */
export function holds(text: string, query: string): boolean {
  return fold(text).includes(fold(query));
}
