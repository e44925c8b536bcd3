/** Cuts plain text into sentences, and counts their words. */
import { CODE } from './plain-text.js';

export interface Sentence {
  readonly text: string;
  /** Its offset in the plain text. */
  readonly start: number;
}

/** An abbreviation: its full stop does not end a sentence. */
const ABBREVIATION = /(?:^|[\s(])(?:e\.g|i\.e|vs|cf|etc|no|approx|ca|resp|\.\.)\.$/i;

/**
 * A sentence ends with `.`, `!` or `?` before a space. A colon, a semicolon and a dash do not end one. In a list of quoted titles
 * (“one”; “two”), each title is a sentence.
 */
export function sentencesOf(text: string): Sentence[] {
  const sentences: Sentence[] = [];
  let start = 0;
  for (const { index, 0: end } of text.matchAll(/(?:[.!?…]["”'’)\]]*|”;)(?=\s|$)/g)) {
    const after = index + end.length;
    const before = text.slice(start, index + 1);
    if (ABBREVIATION.test(before) && after < text.length) continue;
    sentences.push({ text: text.slice(start, after), start });
    start = after + 1;
  }
  if (text.slice(start).trim() !== '') sentences.push({ text: text.slice(start), start });
  return sentences;
}

/** The words of a sentence: inline code counts as one, a dash or an arrow as zero. */
export function countWords(sentence: string): number {
  return sentence.split(/\s+/).filter((word) => word.includes(CODE) || /[\p{L}\p{N}]/u.test(word)).length;
}
