/**
 * A flow whose peer is drawn: what it sends and when, when it takes what is written to it, and what was written, recorded. One
 * letter is one transport chunk; `|` is the peer's FIN, `#` its reset. On the wire out `|` is our FIN, and `!` our close, where it
 * cuts off something.
 */
import type { Subscriber } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import { asBuffer, concat } from '../bytes.js';
import { ProtocolError } from '../errors.js';
import { Flow } from '../flow/flow.js';
import { parseDiagram } from './diagram.js';
import { Row } from './row.js';
import { SubscriptionRow } from './subscriptions.js';
import { bytesOf, type Wire } from './wire.js';

/** What a peer is like, besides what it sends: see `slowPeer` and `fragment`. */
export interface FlowTrait {
  /** Most bytes that arrive in one piece. */
  readonly fragment?: number;
  /** When the peer takes what was written; unless given, at once. */
  readonly takes?: readonly Take[];
}

/** The peer takes `bytes` of what was written; all that waits where it is undefined. */
export interface Take {
  readonly frame: number;
  readonly bytes: number | undefined;
}

/**
 * A peer that takes what is written to it when the diagram says so, and not at other times: the flow is not ready while anything
 * waits. Behind the last letter it takes nothing any more.
 *
 * @param values - bytes that it takes at a letter: all that wait, unless given.
 */
export function slowPeer(diagram: string, values: Readonly<Record<string, number>> = {}): FlowTrait {
  return { takes: parseDiagram(diagram, '').map(({ frame, mark }) => ({ frame, bytes: values[mark] })) };
}

/** Everything arrives in pieces of at most `size` bytes, one behind the other at the same time. */
export function fragment(size: number): FlowTrait {
  return { fragment: size };
}

/** A flow under test: give it to `serve`, to a chain, or use it as any Flow. */
export class TestFlow extends Flow {
  /** What was written, joined frame by frame. */
  readonly wire: Row<Uint8Array>;
  /** Bytes that were taken by the reader, or thrown away. */
  readonly credits: Row<number>;
  /** When the flow was read. */
  readonly reads: SubscriptionRow;
  private readonly slow: boolean;
  private readonly size: number;
  private inbox: Uint8Array[] = [];
  private peerEnded = false;
  private finSent = false;
  private gone = false;
  private mayRead = false;
  private untaken = 0;
  private taken = 0;
  /** Bytes that were given back unread: their credit is not news. */
  private unreadBytes = 0;

  /** @internal */
  constructor(
    readonly name: string,
    scheduler: TestScheduler,
    diagram: string,
    values: Readonly<Record<string, Wire>>,
    traits: readonly FlowTrait[],
  ) {
    super();
    const trait: FlowTrait = Object.assign({}, ...traits) as FlowTrait;
    this.wire = new Row(scheduler, (before, more) => concat([before, more]));
    this.credits = new Row(scheduler, (before, more) => before + more);
    this.reads = new SubscriptionRow(scheduler);
    this.slow = trait.takes !== undefined;
    this.size = trait.fragment ?? Infinity;
    const begin = scheduler.now();
    const at = (frame: number, work: () => void): void => void scheduler.schedule(work, frame - begin);
    for (const { frame, mark } of parseDiagram(diagram, '|#')) {
      const chunk = bytesOf(Object.hasOwn(values, mark) ? values[mark]! : mark, frame);
      if (mark === '|') at(frame, () => this.arriveFin());
      else if (mark === '#') at(frame, () => this.arriveReset());
      else at(frame, () => this.arrive(chunk));
    }
    for (const { frame, bytes } of trait.takes ?? []) at(frame, () => this.take(bytes ?? Infinity));
  }

  override get progress(): number {
    return this.taken;
  }

  override complete(): void {
    if (this.finSent || this.gone) return;
    this.finSent = true;
    this.wire.mark('|');
    if (this.untaken === 0) this.unwritable();
  }

  override error(error?: unknown): void {
    if (this.gone) return;
    if (!this.finSent || !this.peerEnded || this.untaken > 0) this.wire.mark('!');
    this.leave(
      error ??
        new ProtocolError('closed', 'the flow was aborted by this side', { scope: 'connection', initiator: 'local' }),
    );
  }

  override unread(chunk: Uint8Array): void {
    this.unreadBytes += chunk.length;
    super.unread(chunk);
  }

  protected send(pieces: readonly (string | Uint8Array)[]): boolean {
    if (this.finSent || this.gone) return true;
    const bytes = concat(
      pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : asBuffer(piece))),
    );
    if (bytes.length === 0) return true;
    this.wire.value(bytes);
    if (!this.slow) {
      this.taken += bytes.length;
      return true;
    }
    this.untaken += bytes.length;
    return false;
  }

  protected read(on: boolean): void {
    this.mayRead = on;
    if (on) this.receive();
  }

  /** @internal */
  override creditBack(size: number): void {
    const again = Math.min(size, this.unreadBytes);
    this.unreadBytes -= again;
    if (size > again) this.credits.value(size - again);
    super.creditBack(size);
  }

  protected override _subscribe(subscriber: Subscriber<Uint8Array>): ReturnType<Flow['_subscribe']> {
    subscriber.add(this.reads.begin());
    return super._subscribe(subscriber);
  }

  private arrive(chunk: Uint8Array): void {
    if (this.gone) return;
    for (let from = 0; from < chunk.length; from += this.size) this.inbox.push(chunk.subarray(from, from + this.size));
    this.receive();
  }

  private arriveFin(): void {
    this.peerEnded = true;
    this.receive();
  }

  private arriveReset(): void {
    this.peerEnded = true;
    this.leave(new ProtocolError('connection-reset', 'the peer reset the connection', { scope: 'connection' }));
  }

  private receive(): void {
    while (this.mayRead && !this.gone) {
      const chunk = this.inbox.shift();
      if (chunk === undefined) break;
      this.push(chunk);
    }
    if (this.peerEnded && this.mayRead && this.inbox.length === 0 && !this.gone) this.finish();
  }

  private take(bytes: number): void {
    const size = Math.min(bytes, this.untaken);
    if (size === 0 || this.gone) return;
    this.untaken -= size;
    this.taken += size;
    if (this.untaken > 0) return;
    if (this.finSent) this.unwritable();
    else this.writable();
  }

  private leave(error: unknown): void {
    if (this.gone) return;
    this.gone = true;
    this.inbox = [];
    this.unwritable();
    this.breakOff(error);
  }
}
