/**
 * A minute of the soak with every test run, at little load; and the distinction of a leak from a flat series. The long one is `npm run
 * soak`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Random } from '../fuzz/random.js';
import { growthOf } from './flat.js';
import { orderOf } from './mix.js';
import type { Outcome } from './soak.js';
import type { Holdings } from './support/holdings.js';
import { faultsOf } from './verdict.js';
import type { Watched } from './watching.js';
import { webSocketFaultsOf, type WebSocketOutcome } from './websocket-verdict.js';

it('goes a minute without a leak, a loss, or a failure that was not meant', async () => {
  // The process that starts the others prints their output, in order.
  const args = ['lab/soak/run.mjs', '--minutes', '1', '--rate', '12', '--seed', '1'];
  const child = spawn(process.execPath, args, { cwd: join(__dirname, '../..'), stdio: ['ignore', 'pipe', 'pipe'] });
  let told = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (told += text));
  const [code] = (await once(child, 'close')) as [number | null];
  // All of it, where something is wrong.
  expect({ code, told: code === 0 ? told.split('\n').at(-2) : told }).toEqual({ code: 0, told: 'all is well' });
  expect(told).toMatch(/^ {2}download +\d+ asked/m);
  expect(told).toMatch(/^ {2}10 drains/m);
}, 600_000);

it('goes half a minute with WebSockets that are idle and WebSockets that chat', async () => {
  const sizes = ['--minutes', '0.5', '--round', '5', '--idle', '400', '--chatting', '100', '--rate', '100'];
  const child = spawn(process.execPath, ['lab/soak/run.mjs', 'websockets', ...sizes], {
    cwd: join(__dirname, '../..'),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let told = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (told += text));
  const [code] = (await once(child, 'close')) as [number | null];
  expect({ code, told: code === 0 ? told.split('\n').at(-2) : told }).toEqual({ code: 0, told: 'all is well' });
  expect(told).toMatch(/^ {2}[56]\d\d opened; [1-9]\d+ messages sent, [1-9]\d+ received/m);
}, 600_000);

const holdings = (heap: number, more: Partial<Holdings> = {}): Holdings => ({
  heap,
  external: 1e6,
  rss: 1e8,
  descriptors: 20,
  resources: { PipeWrap: 1 },
  ...more,
});

function outcomeOf(watched: Partial<Watched>, more: Partial<Outcome> = {}): Outcome {
  const samples = Array.from({ length: 9 }, () => holdings(1e7));
  const account = { complete: 0, abrupt: 0, lost: [], faults: {}, unexplained: [], protocols: {} };
  return {
    plan: { seed: 1, minutes: 1, rate: 1 },
    watched: [{ name: 'a server', baseline: holdings(1e7), samples, end: holdings(1e7), peakRss: 1e8, ...watched }],
    drains: [{ took: 1, account, end: holdings(1e7), ended: true }],
    account,
    loads: [],
    lost: [],
    deaths: [],
    ...more,
  };
}

describe('the verdict', () => {
  it('is that all is well, where it is', () => expect(faultsOf(outcomeOf({}))).toEqual([]));

  it.each([
    ['a heap that grows', { samples: [9, 9, 9, 10, 10, 10, 11, 11, 11].map((size) => holdings(size * 1e6)) }, 2],
    ['a descriptor that is left', { end: holdings(1e7, { descriptors: 21 }) }, 1],
    ['a socket that is left', { end: holdings(1e7, { resources: { PipeWrap: 1, TCPSocketWrap: 1 } }) }, 1],
  ])('is a leak, of %s', (_, watched, leaks) => {
    expect(faultsOf(outcomeOf(watched))).toHaveLength(leaks);
    // The memory of peers that are not ours does not matter.
    expect(faultsOf(outcomeOf({ ...watched, name: 'the load by others' }))).toEqual([]);
  });

  it('is a loss, of a request that a server had begun, and of a response that did not go out whole', () => {
    const { account } = outcomeOf({});
    expect(faultsOf(outcomeOf({}, { lost: ['7'] }))).toEqual([expect.stringMatching(/^lost.*7$/)]);
    const drains = [{ took: 1, account: { ...account, lost: ['8'] }, end: holdings(1e7), ended: true }];
    expect(faultsOf(outcomeOf({}, { drains }))).toEqual([expect.stringMatching(/^lost.*8$/)]);
  });

  it('is a failure, also past those that are reported', () => {
    const load = { kinds: {}, peers: {}, refused: 0, unanswered: 0, renewed: 0, failures: ['9'], failed: 3 };
    expect(faultsOf(outcomeOf({}, { loads: [load] }))).toEqual(['failed: 9', 'failed: 2 more']);
  });
});

describe('the verdict about WebSockets', () => {
  const plan = { minutes: 1, round: 1, seed: 1, idle: 1, chatting: 2, members: 2, rate: 1 };
  const server = { open: 0, opened: 3, messages: 1, deliveries: 2, unclean: {}, faults: {} };
  const load = { sent: 1, received: 2, replaced: 0, failures: [] };
  const webSockets = (more: Partial<WebSocketOutcome> = {}): WebSocketOutcome => ({
    ...{ plan, server, load, deaths: [], watched: outcomeOf({}).watched, idle: { held: 1, rss: 1 } },
    ...more,
  });

  it('is that all is well, where it is', () => expect(webSocketFaultsOf(webSockets())).toEqual([]));

  it.each<[string, Partial<WebSocketOutcome>]>([
    ['a process that died', { deaths: ['it ended'] }],
    ['a gap in the messages of a room', { load: { ...load, failures: ['3 came after 1'] } }],
    ['messages that did not arrive', { load: { ...load, received: 0 } }],
    ['a socket that ended without a handshake', { server: { ...server, unclean: { 'connection-reset': 1 } } }],
    ['a socket that is left', { server: { ...server, open: 1 } }],
    ['a fault', { server: { ...server, faults: { 'message-too-big': 1 } } }],
    ['a descriptor that is left', { watched: outcomeOf({ end: holdings(1e7, { descriptors: 21 }) }).watched }],
  ])('is a fault: %s', (_, more) => expect(webSocketFaultsOf(webSockets(more))).toHaveLength(1));
});

describe('growth', () => {
  it('is that of the last third from the second one, by their medians', () => {
    // The warm-up does not count, nor does one that stands out.
    const { before, after, ratio } = growthOf([1, 5, 8, 10, 10, 99, 11, 2, 11]);
    expect([before, after]).toEqual([10, 11]);
    expect(ratio).toBeCloseTo(0.1, 10);
  });

  it('needs three figures', () => expect(() => growthOf([1, 2])).toThrow(RangeError));
});

it('draws the same order from the same seed, and others from others', () => {
  const draw = (seed: number): unknown[] => Array.from({ length: 50 }, (_, index) => orderOf(new Random(seed, index)));
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});
