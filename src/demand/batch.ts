/**
 * The credit of a batch: of all the chunks that an operator gathers before it emits them as one.
 *
 * To charge a batch to one of its chunks is not enough: the peer chooses how large that one is. To hold every chunk until the batch is
 * complete is too much: a batch larger than the window would never be complete. So a batch that is being gathered is charged to its
 * sources for up to half of their windows, and counts as taken beyond. On a window that many bodies share, that of an HTTP/2 connection, it
 * counts as taken: each of them could wait for the others. While a stage after the operator retains the batch, all of it is
 * charged. The memory of a body is therefore its window and one batch, however the peer cuts the bytes.
 *
 * Bytes are counted by source, not by chunk: a batch of single bytes has one counter, and no lease.
 */
import { type ByteCreditor, type Creditor, type Delivery, Lease, type LeaseBatch, scope } from './lease.js';

/** The bytes of one source in a batch. */
interface Share {
  readonly creditor: ByteCreditor;
  /** Those that are charged to it. */
  charged: number;
  /** Those whose credit went back. */
  owed: number;
}

/** Batches that are being delivered, one within the other. */
let deliveries = 0;
/** Batches whose credit waits for the end of those deliveries. */
const due: Batch[] = [];

let crediting = false;

/** A loop, not a recursion: there may be as many batches as a chunk has bytes, and the credit of each may bring more. */
function creditWhatIsDue(): void {
  if (crediting) return;
  crediting = true;
  let failure: { readonly error: unknown } | undefined;
  for (let index = 0; index < due.length; index++) {
    try {
      due[index]!.giveCredit();
    } catch (error) {
      failure ??= { error };
    }
  }
  due.length = 0;
  crediting = false;
  if (failure !== undefined) throw failure.error;
}

/** @internal */
export class Batch implements LeaseBatch, Delivery, Creditor {
  /** Undefined while nothing was gathered, or nothing with demand. Mostly of one source. */
  private shares: Share[] | undefined = undefined;
  private kept: Lease[] | undefined = undefined;
  private retained: Lease | undefined = undefined;
  private gathering = true;

  /** Gathers `size` bytes of the current delivery. */
  add(size: number): void {
    const { current } = scope;
    if (current === undefined) return;
    if (current.gather === undefined) current.lease().gather(size, this);
    else current.gather(size, this);
  }

  owe(creditor: ByteCreditor, size: number, moved: number): void {
    const shares = (this.shares ??= []);
    let share = shares.find((share) => share.creditor === creditor);
    if (share === undefined) shares.push((share = { creditor, charged: 0, owed: 0 }));
    share.charged += moved;
    share.owed += size - moved;
    if (moved > 0) creditor.gathers(moved);
  }

  keep(lease: Lease): void {
    const kept = (this.kept ??= []);
    // Pieces of one delivery hold it once.
    if (kept[kept.length - 1] !== lease) kept.push(lease.hold());
  }

  /** The batch is complete: calls `deliver` with it as the current delivery, and gives its credit back when nothing retains it. */
  deliver(deliver: () => void): void {
    if (this.shares === undefined && this.kept === undefined) return deliver();
    this.endGathering();
    const outer = scope.current;
    scope.current = this;
    deliveries++;
    try {
      deliver();
    } finally {
      scope.current = outer;
      deliveries--;
      if (this.retained === undefined) this.creditBack();
      else this.retained.release();
      if (deliveries === 0) creditWhatIsDue();
    }
  }

  /** The batch is thrown away. */
  drop(): void {
    this.endGathering();
    this.creditBack();
  }

  /** A stage after the operator retains the batch, or gathers it. */
  lease(): Lease {
    if (this.retained !== undefined) return this.retained;
    for (const share of this.shares ?? []) {
      if (share.owed === 0) continue;
      share.creditor.chargeAgain(share.owed);
      share.charged += share.owed;
      share.owed = 0;
    }
    return (this.retained = new Lease(this, 0));
  }

  /** Another operator gathers the bytes that this one gathered. */
  gather(size: number, batch: LeaseBatch): number {
    let moved = 0;
    let rest = size;
    for (const share of this.shares ?? []) {
      const part = Math.min(rest, share.charged + share.owed);
      if (part === 0) continue;
      rest -= part;
      if (share.charged >= part && share.creditor.mayGather(part)) {
        share.charged -= part;
        moved += part;
        batch.owe(share.creditor, part, part);
      } else batch.owe(share.creditor, part, 0);
    }
    // A stage in between has made more bytes of them.
    if (rest > 0 && this.shares !== undefined) batch.owe(this.shares[0]!.creditor, rest, 0);
    for (const lease of this.kept ?? []) batch.keep(lease);
    return moved;
  }

  gatherOf(_lease: Lease, size: number, batch: LeaseBatch): number {
    return this.gather(size, batch);
  }

  owes(creditor: Creditor): boolean {
    return (
      this.shares?.some((share) => share.creditor === creditor) === true ||
      this.kept?.some((lease) => lease.owes(creditor)) === true
    );
  }

  /** A source that has credit goes on at once: not while a stage is within the batch that it cuts. */
  creditBack(): void {
    if (deliveries > 0) due.push(this);
    else this.giveCredit();
  }

  /** In no delivery: a writer that goes on because of the credit is not to wait for a delivery that waits for it. */
  giveCredit(): void {
    const { shares, kept } = this;
    this.shares = undefined;
    this.kept = undefined;
    const outer = scope.current;
    scope.current = undefined;
    try {
      for (const { creditor, charged } of shares ?? []) if (charged > 0) creditor.creditBack(charged);
      for (const lease of kept ?? []) lease.release();
    } finally {
      scope.current = outer;
    }
  }

  private endGathering(): void {
    if (!this.gathering) return;
    this.gathering = false;
    for (const { creditor, charged } of this.shares ?? []) if (charged > 0) creditor.gathers(-charged);
  }
}
