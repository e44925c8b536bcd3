/** What the requests of one load came to, by their kind. */
import type { Order } from './order.js';

/** How many of one kind. */
export interface Counts {
  /** Asked, retries apart. */
  asked: number;
  /** That came to what was wanted: an error, too, where it was meant to fail. */
  wanted: number;
  /** That this side gave up, as was meant. */
  aborted: number;
}

export interface LoadAccount {
  readonly kinds: Readonly<Record<string, Counts>>;
  readonly peers: Readonly<Record<string, number>>;
  /** Attempts that found nobody listening, while a server restarted; they were repeated. */
  readonly refused: number;
  /** Attempts that ended before a response began. They were repeated, and the servers were asked whether they had begun them. */
  readonly unanswered: number;
  /** What must not be, in words; the first of them. */
  readonly failures: readonly string[];
  readonly failed: number;
  /** Clients that were shut down under load. */
  readonly renewed: number;
}

const SAMPLES = 20;

export class Tally {
  readonly kinds: Record<string, Counts> = {};
  readonly peers: Record<string, number> = {};
  readonly failures: string[] = [];
  failed = 0;
  refused = 0;
  unanswered = 0;
  renewed = 0;

  asked({ kind }: Order, peer: string): void {
    this.of(kind).asked++;
    this.peers[peer] = (this.peers[peer] ?? 0) + 1;
  }

  wanted({ kind }: Order): void {
    this.of(kind).wanted++;
  }

  aborted({ kind }: Order): void {
    this.of(kind).aborted++;
  }

  failure(what: string): void {
    this.failed++;
    if (this.failures.length < SAMPLES) this.failures.push(what);
  }

  private of(kind: string): Counts {
    return (this.kinds[kind] ??= { asked: 0, wanted: 0, aborted: 0 });
  }
}
