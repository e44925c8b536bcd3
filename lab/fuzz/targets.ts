/** All that can be fuzzed, by name. */
import { h1 } from './h1/server-target.js';
import { hpack } from './h2/hpack-target.js';
import { h2 } from './h2/h2-target.js';
import { h1Client } from './h1/client-target.js';
import type { Target } from './target.js';
import { ws } from './ws/ws-target.js';

export const TARGETS: readonly Target[] = [h1, h1Client, hpack, h2, ws];
