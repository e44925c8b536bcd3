/**
 * A pair of flows in memory: each reads the bytes that the other writes. They have a latency, a fragmentation and a bounded pipe, all in
 * the virtual time of a scheduler: a network for tests, and a transport for services in one process.
 */
import { asyncScheduler, type SchedulerLike, Subscription } from 'rxjs';
import { asBuffer } from '../bytes.js';
import { ProtocolError } from '../errors.js';
import { checkBytes, checkOptions, numberOf, objectValue, type OptionTable } from '../option-checks.js';
import { Flow } from './flow.js';

/** How the pipes of a pair behave; both directions alike. */
export interface MemoryPairOptions {
  /** ms from a write to its arrival; unless set, it arrives before `next` returns. */
  readonly latency?: number;
  /** Largest number of bytes that arrive in one piece: unless set, pieces arrive as they were written. */
  readonly fragment?: number;
  /** Bytes that may be on their way, or untaken by the reader, before the writer is to wait: 64 KiB unless set. */
  readonly capacity?: number;
  /** The clock of the latency. */
  readonly scheduler?: SchedulerLike;
}

/** @internal */
export const MEMORY_PAIR_OPTIONS: OptionTable<MemoryPairOptions> = {
  latency: numberOf(0, 'ms'),
  fragment: numberOf(1, 'bytes above zero'),
  capacity: (name, value) => void checkBytes(name, value as number),
  scheduler: objectValue,
};

/**
 * Two flows, each the peer of the other.
 *
 * @throws RangeError for an option that is out of its range, or does not exist.
 *
 * @example
 * ```ts
 * const [server, client] = memoryPair({ latency: 10, fragment: 1 });
 * client.next(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'));
 * ```
 */
export function memoryPair(options: MemoryPairOptions = {}): readonly [MemoryFlow, MemoryFlow] {
  const left = new MemoryFlow(options);
  const right = new MemoryFlow(options);
  left.connect(right);
  right.connect(left);
  return [left, right];
}

type Parcel = { readonly kind: 'bytes'; readonly chunk: Uint8Array } | { readonly kind: 'fin' };

/** One end of a {@link memoryPair}. */
export class MemoryFlow extends Flow {
  private peer!: MemoryFlow;
  private readonly capacity: number;
  private readonly scheduler: SchedulerLike;
  private inbox: Parcel[] = [];
  private arrivals: Subscription | undefined = undefined;
  private inFlight = 0;
  private taken = 0;
  private mayRead = false;
  private finSent = false;
  private aborted = false;

  /** @internal */
  constructor(private readonly options: MemoryPairOptions) {
    super();
    this.capacity = options.capacity ?? 64 * 1024;
    checkOptions('a pair in memory', options, MEMORY_PAIR_OPTIONS);
    this.scheduler = options.scheduler ?? asyncScheduler;
  }

  /** @internal */
  connect(peer: MemoryFlow): void {
    this.peer = peer;
  }

  override get progress(): number {
    return this.peer.taken;
  }

  override complete(): void {
    if (this.finSent || this.aborted) return;
    this.finSent = true;
    this.unwritable();
    this.dispatch({ kind: 'fin' });
  }

  override error(error?: unknown): void {
    if (this.aborted) return;
    this.tearDown(
      error ??
        new ProtocolError('closed', 'the flow was aborted by this side', { scope: 'connection', initiator: 'local' }),
    );
    this.peer.tearDown(new ProtocolError('connection-reset', 'the peer reset the connection', { scope: 'connection' }));
  }

  protected send(pieces: readonly (string | Uint8Array)[]): boolean {
    if (this.finSent || this.aborted) return true;
    for (const piece of pieces) {
      const bytes = typeof piece === 'string' ? Buffer.from(piece, 'latin1') : asBuffer(piece);
      const step = this.options.fragment ?? bytes.length;
      for (let from = 0; from < bytes.length; from += step) {
        this.dispatch({ kind: 'bytes', chunk: bytes.subarray(from, from + step) });
      }
    }
    return this.peer.backlog < this.capacity;
  }

  protected read(on: boolean): void {
    this.mayRead = on;
    if (on) this.receiveInbox();
  }

  protected override onCredit(size: number): void {
    super.onCredit(size);
    this.relievePeer();
  }

  private get backlog(): number {
    return this.inFlight + this.unacked;
  }

  private relievePeer(): void {
    if (this.backlog * 2 <= this.capacity) this.peer.writable();
  }

  private dispatch(parcel: Parcel): void {
    const { peer } = this;
    if (parcel.kind === 'bytes') peer.inFlight += parcel.chunk.length;
    const { latency } = this.options;
    if (latency === undefined) return peer.arrive(parcel);
    const arrival = this.scheduler.schedule(() => {
      peer.arrivals?.remove(arrival);
      peer.arrive(parcel);
    }, latency);
    (peer.arrivals ??= new Subscription()).add(arrival);
  }

  private arrive(parcel: Parcel): void {
    if (this.aborted) return;
    this.inbox.push(parcel);
    if (this.mayRead) this.receiveInbox();
  }

  /** Passes the bytes that have arrived to the reader, as long as it reads. */
  private receiveInbox(): void {
    while (this.mayRead && this.inbox.length > 0) {
      const parcel = this.inbox.shift()!;
      if (parcel.kind === 'fin') {
        this.finish();
        continue;
      }
      this.inFlight -= parcel.chunk.length;
      this.taken += parcel.chunk.length;
      this.push(parcel.chunk);
    }
  }

  private tearDown(error: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.inbox = [];
    this.inFlight = 0;
    this.arrivals?.unsubscribe();
    this.unwritable();
    this.breakOff(error);
  }
}
