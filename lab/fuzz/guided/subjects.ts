/** All that can be fuzzed under the guidance of coverage, by name. */
import { h1Client, h1Server } from './h1-subjects.js';
import { h2Client, h2Server } from './h2-subjects.js';
import { hpack, huffman } from './hpack-subjects.js';
import { magic } from './magic.js';
import { chunked, frames } from './reader-subjects.js';
import type { Subject } from './subject.js';

export const SUBJECTS: readonly Subject[] = [h1Server, h1Client, chunked, frames, hpack, huffman, h2Server, h2Client];

/** Those, and the toy. */
export const ALL: readonly Subject[] = [...SUBJECTS, magic];
