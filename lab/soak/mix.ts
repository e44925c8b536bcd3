/** What is asked, and how often: an order is drawn from the seed of the run and its number, and from nothing else. */
import { Random } from '../fuzz/random.js';
import { type Content, digestOf, digestOfText } from './content.js';
import type { Abort, Order, Phase } from './order.js';
import { TEXT } from './routes.js';

const KIB = 1024;
/** The hash of no content at all. */
const NOTHING = digestOf(0, 0);

type Maker = (random: Random) => Partial<Order> & Pick<Order, 'path' | 'wanted'>;

/** From a few bytes to `most`, each magnitude as likely as the others. */
function sizeOf(random: Random, most: number): number {
  return Math.floor(2 ** (Math.log2(most) * (random.below(1000) / 1000)));
}

function contentOf(random: Random, most: number, rest = 0): Content {
  return { size: sizeOf(random, most), seed: random.below(1_000_000), rest };
}

/** One in forty is large. */
const most = (random: Random): number => (random.chance(2.5) ? 4 * KIB * KIB : 256 * KIB);

function download(random: Random, largest: number): { readonly path: string; readonly wanted: Order['wanted'] } {
  const { size, seed } = contentOf(random, largest);
  return { path: `/bytes/${size}/${seed}`, wanted: { status: 200, digest: digestOf(size, seed) } };
}

function upload(content: Content, path: '/sink' | '/echo'): ReturnType<Maker> {
  const sent = digestOf(content.size, content.seed);
  // The sink responds with the hash of the content that it got.
  const digest = path === '/sink' ? digestOfText(sent) : sent;
  return { method: path === '/sink' ? 'PUT' : 'POST', path, content, wanted: { status: 200, digest } };
}

function abortOf(random: Random, phases: readonly Phase[] = ['sent', 'sent', 'head', 'content']): Abort {
  return { at: random.pick(phases), after: random.pick([0, 0, 1, 5, 50]) };
}

/** What an abort strikes: something that takes long enough to be struck. */
const ABORTED: readonly Maker[] = [
  (random) => download(random, 2 * KIB * KIB),
  (random) => upload(contentOf(random, KIB * KIB, random.pick([0, 20])), '/sink'),
  (random) => upload(contentOf(random, KIB * KIB, random.pick([0, 20])), '/echo'),
  (random) => ({ path: `/late/${random.below(200)}`, wanted: { status: 200 } }),
];

const small = { path: '/text', wanted: { status: 200, digest: TEXT.digest } } as const;
const refused = (status: number): { readonly wanted: Order['wanted'] } => ({ wanted: { status } });

/** Each kind with its share. */
const KINDS: readonly (readonly [share: number, kind: string, make: Maker])[] = [
  [30, 'small', () => small],
  [3, 'head', () => ({ method: 'HEAD', path: '/text', wanted: { status: 200, digest: NOTHING } })],
  [14, 'download', (random) => download(random, most(random))],
  [11, 'upload', (random) => upload(contentOf(random, most(random)), '/sink')],
  [11, 'echo', (random) => upload(contentOf(random, most(random)), '/echo')],
  [4, 'late', (random) => ({ path: `/late/${random.below(500)}`, wanted: { status: 200 } })],
  [3, 'slow reader', (random) => ({ ...download(random, KIB * KIB), rest: 20 })],
  [3, 'slow writer', (random) => upload(contentOf(random, 256 * KIB, 50), '/sink')],
  [3, 'slow echo', (random) => ({ ...upload(contentOf(random, 512 * KIB, 20), '/echo'), rest: 20 })],
  [10, 'abort', (random) => ({ ...random.pick(ABORTED)(random), abort: abortOf(random) })],
  [3, 'meant: not found', () => ({ path: '/nothing', ...refused(404) })],
  [
    2,
    'meant: not found, with content',
    (random) => ({ method: 'POST', path: '/nothing', content: contentOf(random, 64 * KIB), ...refused(404) }),
  ],
  [2, 'meant: handler throws', () => ({ path: '/throws', ...refused(500) })],
  [2, 'meant: handler fails', () => ({ path: '/fails', ...refused(503) })],
  [
    2,
    'meant: too large',
    (random) => ({
      method: 'POST',
      path: '/limited',
      content: { size: 2 * KIB + random.below(8 * KIB), seed: 1, rest: 0 },
      ...refused(413),
    }),
  ],
  [1, 'meant: target too long', () => ({ path: `/${'long'.repeat(3 * KIB)}`, ...refused(414) })],
  [1, 'meant: too many fields', () => ({ path: '/text', headers: CROWD, ...refused(431) })],
  [2, 'half-closed', () => ({ manner: 'half-closed', ...small })],
  [1, 'slow head', () => ({ manner: 'piecemeal', rest: 10, ...small })],
  [2, 'idle first', (random) => ({ manner: 'idle first', rest: random.below(3000), ...small })],
  [2, 'abort: in the head', (random) => ({ manner: 'cut head', abort: abortOf(random, ['sent']), ...small })],
  [2, 'abort: in the content', (random) => ({ manner: 'cut content', abort: abortOf(random, ['sent']), ...small })],
  [1, 'meant: stalled head', () => ({ manner: 'stalled head', path: '/text', ...refused(408) })],
  [1, 'meant: malformed', () => ({ manner: 'malformed', path: '/text', ...refused(400) })],
  [2, 'meant: broken answer', (random) => ({ path: `/broken/${1 + random.below(300 * KIB)}`, wanted: 'broken' })],
];

const PLAIN = { method: 'GET', manner: undefined, headers: {}, content: undefined, rest: 0, abort: undefined } as const;

const CROWD = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`x-field-${index}`, 'x']));

const SHARES = KINDS.reduce((sum, [share]) => sum + share, 0);

/** The order that `random` comes to. */
export function orderOf(random: Random): Order {
  let left = random.below(SHARES);
  for (const [share, kind, make] of KINDS) {
    left -= share;
    if (left >= 0) continue;
    return { ...PLAIN, kind, ...make(random) };
  }
  throw new Error('the shares do not add up');
}
