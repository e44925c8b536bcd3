/**
 * A flow whose peer is drawn: its bytes and their times, the times at which it takes written bytes, and a recording of the written bytes.
 * One letter is one transport chunk; `|` is the peer's FIN, `#` its reset. On the wire out `|` is our FIN, and `!` our close, if it cuts
 * off something.
 */
import type { Subscriber } from 'rxjs';
import type { TestScheduler } from 'rxjs/testing';
import { asBuffer, concat } from '../bytes.js';
import { ProtocolError } from '../errors.js';
import { Flow } from '../flow/flow.js';
import { parseDiagram } from './diagram.js';
import { checkLetters } from './expectations.js';
import { joined, type Recording, Row, sum } from './recorded-row.js';
import { SubscriptionRow } from './subscription-rows.js';
import type { Arrival, FlowTrait } from './flow-traits.js';
import { bytesOf, type Wire } from './byte-rows.js';
import type { WiredFlow } from './wired-flow.js';

/** How the peer's bytes are cut in this run of the test: in two at an offset, or into bytes. */
export type Cut = number | 'bytes' | undefined;

/** A flow under test: give it to `serve`, to a chain, or use it as any Flow. */
export class TestFlow extends Flow implements WiredFlow {
  readonly writes: Row<Uint8Array>;
  readonly wire: Recording<Uint8Array>;
  readonly credits: Recording<number>;
  readonly reads: SubscriptionRow;
  /** All that the peer sends. */
  readonly input: readonly Uint8Array[];
  /** Whether the test is to be run for each way to cut `input`. */
  readonly everyCut: boolean;
  private readonly credited: Row<number>;
  private readonly slow: boolean;
  /** Bytes that the peer takes, at most. */
  private readonly appetite: number;
  private readonly resets: boolean;
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
    private readonly scheduler: TestScheduler,
    diagram: string,
    values: Readonly<Record<string, Wire>>,
    traits: readonly FlowTrait[],
    private readonly cut: Cut,
  ) {
    super();
    const { fragment, takes, taken }: FlowTrait = Object.assign({}, ...traits) as FlowTrait;
    this.writes = new Row(scheduler);
    this.wire = joined(this.writes, (writes) => concat(writes));
    this.credited = new Row(scheduler);
    this.credits = joined(this.credited, sum);
    this.reads = new SubscriptionRow(scheduler);
    this.slow = takes !== undefined;
    this.appetite = taken?.offset ?? Infinity;
    this.resets = taken?.then === 'reset';
    this.everyCut = fragment === 'every';
    const begin = scheduler.now();
    const at = (frame: number, work: () => void): void => void scheduler.schedule(work, frame - begin);
    const drawn = read(diagram, values);
    const arrivals = traits.reduce((before, trait) => trait.arrivals?.(before) ?? before, drawn);
    this.input = arrivals.flatMap((arrival) => (arrival.kind === 'bytes' ? [arrival.bytes] : []));
    const size = typeof fragment === 'number' ? fragment : Infinity;
    let offset = 0;
    for (const arrival of arrivals) {
      if (arrival.kind === 'bytes') {
        const pieces = this.pieces(arrival.bytes, offset, size);
        offset += arrival.bytes.length;
        at(arrival.frame, () => this.arrive(pieces));
      } else if (arrival.kind === 'fin') at(arrival.frame, () => this.arriveFin());
      else at(arrival.frame, () => this.arriveReset());
    }
    for (const { frame, bytes } of takes ?? []) at(frame, () => this.take(bytes ?? Infinity));
  }

  override get progress(): number {
    return this.taken;
  }

  override complete(): void {
    if (this.finSent || this.gone) return;
    this.finSent = true;
    this.writes.mark('|');
    if (this.untaken === 0) this.unwritable();
  }

  override error(error?: unknown): void {
    if (this.gone) return;
    if (!this.finSent || !this.peerEnded || this.untaken > 0) this.writes.mark('!');
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
    this.writes.value(bytes);
    this.untaken += bytes.length;
    if (!this.slow) this.swallow(Infinity);
    this.resetWhenFull();
    return this.untaken === 0;
  }

  protected read(on: boolean): void {
    this.mayRead = on;
    if (on) this.receive();
  }

  /** @internal */
  override creditBack(size: number): void {
    const again = Math.min(size, this.unreadBytes);
    this.unreadBytes -= again;
    if (size > again) this.credited.value(size - again);
    super.creditBack(size);
  }

  protected override _subscribe(subscriber: Subscriber<Uint8Array>): ReturnType<Flow['_subscribe']> {
    subscriber.add(this.reads.begin());
    return super._subscribe(subscriber);
  }

  private arrive(pieces: readonly Uint8Array[]): void {
    if (this.gone) return;
    this.inbox.push(...pieces);
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
    if (this.gone || !this.swallow(bytes)) return;
    this.resetWhenFull();
    if (this.untaken > 0) return;
    if (this.finSent) this.unwritable();
    else this.writable();
  }

  /** The peer takes waiting bytes, as many as it wants. */
  private swallow(bytes: number): boolean {
    const size = Math.min(bytes, this.untaken, this.appetite - this.taken);
    if (size === 0) return false;
    this.untaken -= size;
    this.taken += size;
    return true;
  }

  /** Not within the write: a transport reports it later. */
  private resetWhenFull(): void {
    if (this.resets && this.taken === this.appetite) this.scheduler.schedule(() => this.arriveReset());
  }

  /** `bytes`, which begin at `offset` of the input, as they arrive. */
  private pieces(bytes: Uint8Array, offset: number, size: number): Uint8Array[] {
    const { cut } = this;
    if (typeof cut === 'number') {
      const at = cut - offset;
      return at > 0 && at < bytes.length ? [bytes.subarray(0, at), bytes.subarray(at)] : [bytes];
    }
    const step = cut === 'bytes' ? 1 : size;
    const pieces: Uint8Array[] = [];
    for (let from = 0; from < bytes.length; from += step) pieces.push(bytes.subarray(from, from + step));
    return pieces;
  }

  private leave(error: unknown): void {
    if (this.gone) return;
    this.gone = true;
    this.inbox = [];
    this.unwritable();
    this.breakOff(error);
  }
}

/** The peer's arrivals, as drawn. */
function read(diagram: string, values: Readonly<Record<string, Wire>>): readonly Arrival[] {
  checkLetters(values);
  return parseDiagram(diagram, '|#').map(({ frame, mark }): Arrival => {
    if (mark === '|') return { kind: 'fin', frame };
    if (mark === '#') return { kind: 'reset', frame };
    return { kind: 'bytes', frame, bytes: bytesOf(Object.hasOwn(values, mark) ? values[mark]! : mark, frame) };
  });
}
