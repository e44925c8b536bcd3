/** Places an order with a peer, and judges what comes of it. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Order, Peer, Phase, Reply } from './order.js';
import type { Tally } from './tally.js';

/** ms: no request of the load takes so long, however busy the machine. */
const HANG = 60_000;
/** ms between attempts, while a server restarts. */
const PAUSE = 100;
/** Attempts until nobody is there to be waited for. */
const ATTEMPTS = 300;

type Outcome =
  | { readonly kind: 'reply'; readonly reply: Reply }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'hangs' }
  | { readonly kind: 'failed'; readonly phase: Phase | undefined; readonly error: unknown };

/** Why a request is given up. */
const LEFT = 'it was meant to be';
const HANGS = 'it hangs';

const ORDER_OF_PHASES: readonly (Phase | undefined)[] = [undefined, 'sent', 'head', 'content'];

export class Errands {
  constructor(
    private readonly tally: Tally,
    /** The numbers of requests: no two in the whole soak are the same. */
    private readonly numbers: () => number,
    /** Called for a request that ended before its response began. */
    private readonly onUnanswered: (id: number, what: string) => void,
  ) {}

  /** Resolves when it is done, well or not. */
  async run(order: Order, peer: Peer, base: string): Promise<void> {
    this.tally.asked(order, peer.name);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const id = this.numbers();
      const outcome = await attemptOf(order, peer, base, id);
      if (!this.repeats(outcome, order, `${id}, ${order.kind}, ${peer.name}`)) return;
      await sleep(PAUSE);
    }
    this.tally.failure(`${order.kind}, ${peer.name}: nobody took it in ${ATTEMPTS} attempts`);
  }

  /** Whether the request is to be repeated: no response has begun. */
  private repeats(outcome: Outcome, order: Order, what: string): boolean {
    if (outcome.kind === 'aborted') this.tally.aborted(order);
    else if (outcome.kind === 'hangs') this.tally.failure(`${what}: no end in ${HANG} ms`);
    else if (outcome.kind === 'reply') this.judge(outcome.reply, order, what);
    else if (order.wanted === 'broken' && !isRefusal(outcome.error)) this.tally.wanted(order);
    else if (outcome.phase === 'head' || outcome.phase === 'content') {
      this.tally.failure(`${what}: ${textOf(outcome.error)} in the ${outcome.phase}`);
    } else {
      if (isRefusal(outcome.error)) this.tally.refused++;
      else {
        this.tally.unanswered++;
        this.onUnanswered(Number.parseInt(what, 10), `${what}: ${textOf(outcome.error)}`);
      }
      return true;
    }
    return false;
  }

  private judge(reply: Reply, { wanted, ...order }: Order, what: string): void {
    if (wanted === 'broken') return this.tally.failure(`${what}: a broken response looks whole`);
    if (reply.status !== wanted.status)
      return this.tally.failure(`${what}: ${reply.status} in place of ${wanted.status}`);
    if (wanted.digest !== undefined && reply.digest !== wanted.digest)
      return this.tally.failure(`${what}: other content than was wanted`);
    this.tally.wanted({ wanted, ...order });
  }
}

async function attemptOf(order: Order, peer: Peer, base: string, id: number): Promise<Outcome> {
  const { abort, wanted } = order;
  const abrupt = abort !== undefined || wanted === 'broken';
  const url = new URL(`${order.path}?${id}${abrupt ? '&abrupt' : ''}`, base);
  const leaving = new AbortController();
  let phase: Phase | undefined;
  let leave: NodeJS.Timeout | undefined;
  const reached = (next: Phase): void => {
    if (ORDER_OF_PHASES.indexOf(next) > ORDER_OF_PHASES.indexOf(phase)) phase = next;
    if (abort?.at === next) leave ??= setTimeout(() => leaving.abort(LEFT), abort.after);
  };
  const hang = setTimeout(() => leaving.abort(HANGS), HANG);
  // Also of a peer that does not listen.
  const hanging = once(leaving.signal, 'abort').then(() => Promise.reject(new Error('given up')));
  hanging.catch(() => undefined);
  try {
    const asked = peer.ask({ order, url, signal: leaving.signal, reached });
    return { kind: 'reply', reply: await Promise.race([asked, hanging]) };
  } catch (error) {
    const { reason } = leaving.signal as { readonly reason: unknown };
    if (reason === LEFT) return { kind: 'aborted' };
    return reason === HANGS ? { kind: 'hangs' } : { kind: 'failed', phase, error };
  } finally {
    clearTimeout(hang);
    clearTimeout(leave);
  }
}

/** Whether nobody was listening. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('code' in error && error.code === 'ECONNREFUSED') || isRefusal(error.cause);
}

function textOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  return `${String(error)}${code}`;
}
