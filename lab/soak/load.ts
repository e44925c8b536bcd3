/** The load of a soak, as a process: either peers that nobody here wrote, or the client of this project. */
import { Random } from '../fuzz/random.js';
import { Errands } from './errands.js';
import { orderOf } from './mix.js';
import type { Order, Peer } from './order.js';
import { Pace } from './pace.js';
import { Curl } from './peers/curl.js';
import { NodeHttp } from './peers/node-http.js';
import { NodeHttp2 } from './peers/node-http2.js';
import { Own } from './peers/own.js';
import { BareSocket } from './peers/socket.js';
import { Undici } from './peers/undici.js';
import { answering, settings, tell } from './support/asked.js';
import { holdings, type Holdings } from './support/holdings.js';
import { type LoadAccount, Tally } from './tally.js';

export interface Urls {
  readonly http: string;
  readonly https: string;
}

export interface LoadSettings {
  readonly by: 'others' | 'own';
  readonly seed: number;
  /** Requests a second. */
  readonly rate: number;
  /** Servers: one that stays, and one that is restarted. */
  readonly servers: readonly Urls[];
}

/** A request that ended before its response began: has a server begun it? */
export interface Unanswered {
  readonly id: number;
  readonly what: string;
}

// Not an interface: those have no index signature.
export type LoadAnswers = {
  readonly go: () => void;
  /** Begins nothing more, and resolves when nothing is under way. */
  readonly rest: () => Promise<void>;
  readonly holdings: () => Promise<Holdings>;
  readonly account: () => LoadAccount;
  /** Lets go of all connections. */
  readonly close: () => Promise<void>;
};

/** Requests under way at once. */
const MOST = 64;
/** Requests from one graceful end of a client to the next. */
const RENEWAL = 250;

const { by, seed, rate, servers } = settings() as LoadSettings;
const owns = [
  new Own(['http/1.1'], ['http', 'https']),
  new Own(['h2'], ['http', 'https']),
  new Own(['h2', 'http/1.1'], ['https']),
];
const undici = new Undici(1);
const http1 = new NodeHttp();
const http2 = new NodeHttp2();
// A process a request is dear: now and then is enough.
const others = [undici, undici, new Undici(8), http1, http1, http2, http2, http2, http2].flatMap((peer) => [
  peer,
  peer,
]);
const peers: readonly Peer[] = by === 'own' ? owns : [...others, new Curl(), new BareSocket()];

const tally = new Tally();
let orders = 0;
let numbers = 0;
const errands = new Errands(
  tally,
  // Even ones and odd ones.
  () => 2 * numbers++ + (by === 'own' ? 1 : 0),
  (id, what) => tell({ news: { id, what } satisfies Unanswered }),
);

function renewOne(random: Random): void {
  random.pick(owns).renew();
  tally.renewed++;
}

/** The next order that there is a peer for, all of it drawn from the seed. */
function next(): readonly [Order, Peer, string] {
  for (;;) {
    const random = new Random(seed + (by === 'own' ? 1 : 0), orders++);
    const order = orderOf(random);
    const takers = peers.filter((peer) => peer.takes(order));
    if (by === 'own' && orders % RENEWAL === 0) renewOne(random);
    if (takers.length === 0) continue;
    const peer = random.pick(takers);
    return [order, peer, random.pick(servers)[random.pick(peer.schemes)]];
  }
}

const pace = new Pace(rate, MOST, () => errands.run(...next()));

const answers: LoadAnswers = {
  go: () => pace.go(),
  rest: () => pace.rest(),
  holdings,
  account: () => tally,
  close: async () => {
    for (const peer of new Set(peers)) await peer.close();
  },
};
answering(answers);
