/** A pair of flows that puts our client and our server face to face: engine to engine, in virtual time, both wires recorded. */
import type { Subscriber } from 'rxjs';
import { concat, asBuffer } from '../bytes.js';
import type { Flow } from '../flow/flow.js';
import { MEMORY_PAIR_OPTIONS, MemoryFlow, type MemoryPairOptions } from '../flow/memory-pair.js';
import { Row, type Recording, joined, sum } from './recorded-row.js';
import { SubscriptionRow } from './subscription-rows.js';
import type { WiredFlow } from './wired-flow.js';
import { type OptionTable, textValue } from '../option-checks.js';

const { scheduler: _scheduler, ...PIPE } = MEMORY_PAIR_OPTIONS;

/** One end of a pair. */
export class PairFlow extends MemoryFlow implements WiredFlow {
  readonly writes: Row<Uint8Array>;
  readonly wire: Recording<Uint8Array>;
  readonly credits: Recording<number>;
  readonly reads: SubscriptionRow;
  private readonly credited: Row<number>;
  private finTold = false;
  private gone = false;
  /** Bytes that were given back unread: their credit is not news. */
  private unreadBytes = 0;

  /** @internal */
  constructor(
    readonly name: string,
    clock: { now(): number },
    options: MemoryPairOptions,
    private readonly chosen: string | undefined,
  ) {
    super(options);
    this.writes = new Row(clock);
    this.wire = joined(this.writes, (writes) => concat(writes));
    this.credited = new Row(clock);
    this.credits = joined(this.credited, sum);
    this.reads = new SubscriptionRow(clock);
  }

  override get alpn(): string | undefined {
    return this.chosen;
  }

  override complete(): void {
    if (!this.finTold && !this.gone) this.writes.mark('|');
    this.finTold = true;
    super.complete();
  }

  override error(error?: unknown): void {
    // If both ways have ended, nothing is cut off.
    if (!this.gone && !(this.finTold && this.ended)) this.writes.mark('!');
    this.gone = true;
    super.error(error);
  }

  override unread(chunk: Uint8Array): void {
    this.unreadBytes += chunk.length;
    super.unread(chunk);
  }

  protected override send(pieces: readonly (string | Uint8Array)[]): boolean {
    const bytes = concat(
      pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece, 'latin1') : asBuffer(piece))),
    );
    if (bytes.length > 0 && !this.finTold && !this.gone) this.writes.value(bytes);
    return super.send(pieces);
  }

  protected override breakOff(error: unknown): void {
    this.gone = true;
    super.breakOff(error);
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
}

/** @internal */
export const PAIR_OPTIONS: OptionTable<TestPairOptions> = { ...PIPE, alpn: textValue };

/** A client's flow and a server's: each reads the bytes that the other writes. */
export interface TestPair {
  readonly client: PairFlow;
  readonly server: PairFlow;
}
/** How the two sides of a test are connected. */
export interface TestPairOptions extends Omit<MemoryPairOptions, 'scheduler'> {
  /** The ALPN result of both (RFC 7301): none unless set, which means HTTP/1.1 to the client. */
  readonly alpn?: string;
}
