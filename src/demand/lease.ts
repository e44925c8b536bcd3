/**
 * The delivery lease: how demand passes through RxJS without changing one of its operators.
 *
 * While a Body synchronously calls `observer.next(chunk)`, that delivery is *current*. Every stage downstream in that call stack may
 * `retain()` it. The chunk's credit goes back to its source when `next()` has returned and every retain is released. So a synchronous stage
 * passes backpressure through untouched, and an asynchronous one retains.
 *
 * A delivery costs two assignments; a `Lease` is made only by a `retain()`.
 */

/** Gives a delivery back: the first call counts, later ones do nothing. */
export type Release = () => void;

/**
 * A source of deliveries: it gets the credit of each back.
 * @internal
 */
export interface Creditor {
  creditBack(size: number): void;
  /** One of its leases is over, and its credit is back. */
  leaseEnded?(): void;
  /** Moves up to `size` bytes of the credit of `lease` to `batch`, and returns how many. Without it, a batch holds the lease itself. */
  gatherOf?(lease: Lease, size: number, batch: LeaseBatch): number;
  /** Whether the credit of its leases is, in part, that of `creditor`. */
  owes?(creditor: Creditor): boolean;
}

/**
 * The credit of a batch that an operator gathers: see `batch.ts`.
 * @internal
 */
export interface LeaseBatch {
  /** `size` bytes of `creditor` are in the batch; `moved` of them are still charged to it. */
  owe(creditor: ByteCreditor, size: number, moved: number): void;
  /** Holds `lease` as long as the batch. */
  keep(lease: Lease): void;
}

/**
 * A creditor whose credit is bytes: a batch can charge it again.
 * @internal
 */
export interface ByteCreditor extends Creditor {
  /** Whether `size` more bytes may be charged to it while they are gathered. */
  mayGather(size: number): boolean;
  /** `size` more bytes, or fewer, are charged to it while they are gathered. */
  gathers(size: number): void;
  /** The credit of `size` bytes went back while they were gathered: keeps as much of the next credit. */
  chargeAgain(size: number): void;
}

/**
 * The current delivery: a source in the middle of one, or a lease that is being resumed.
 * @internal
 */
export interface Delivery {
  /** The lease of this delivery, made when it is first asked for. */
  lease(): Lease;
  /** Moves up to `size` bytes of its credit to `batch`, and returns how many. Without it, that is done by its lease. */
  gather?(size: number, batch: LeaseBatch): number;
}

/**
 * One delivery that was retained. It begins with one hold, that of the delivery itself.
 * @internal
 */
export class Lease implements Delivery {
  private holds = 1;

  constructor(
    /** The receiver of the credit. */
    readonly creditor: Creditor,
    private size: number,
  ) {}

  lease(): this {
    return this;
  }

  gather(size: number, batch: LeaseBatch): number {
    const { creditor } = this;
    if (creditor.gatherOf !== undefined) return creditor.gatherOf(this, size, batch);
    batch.keep(this);
    return 0;
  }

  /** Takes up to `size` bytes of its credit out, and returns how many: the caller gives them back. */
  take(size: number): number {
    const taken = Math.min(size, this.size);
    this.size -= taken;
    return taken;
  }

  /** Whether its credit is, in part, that of `creditor`. */
  owes(creditor: Creditor): boolean {
    return this.creditor === creditor || this.creditor.owes?.(creditor) === true;
  }

  hold(): this {
    this.holds++;
    return this;
  }

  /** Ends one hold; each hold is to be ended once. */
  release(): void {
    if (--this.holds > 0) return;
    this.creditor.creditBack(this.size);
    this.creditor.leaseEnded?.();
  }

  /**
   * Calls `deliver` with this delivery current again: values that an asynchronous stage emits later can still be retained. It is held
   * meanwhile: the stage may end within the call, and a later retain must not return a credit that has returned.
   */
  resume(deliver: () => void): void {
    const outer = scope.current;
    scope.current = this;
    this.holds++;
    try {
      deliver();
    } finally {
      scope.current = outer;
      this.release();
    }
  }
}

/**
 * The delivery in whose call stack we are. There is one for the process, even if the library is loaded twice (for example as an ES module
 * and as CommonJS). An operator of one can then retain a Body of the other.
 * @internal
 */
export const scope: { current: Delivery | undefined } = sharedScope();

function sharedScope(): { current: Delivery | undefined } {
  const key = Symbol.for('rxpaf.demand.scope');
  const registry = globalThis as { [key: symbol]: { current: Delivery | undefined } | undefined };
  return (registry[key] ??= { current: undefined });
}

/**
 * Retains the current delivery: its credit goes back only when the result has been called.
 *
 * @returns `undefined` outside a delivery: there is no demand to keep.
 *
 * @example
 * ```ts
 * body.subscribe((chunk) => {
 *   const release = retain();
 *   disk.write(chunk, () => release?.()); // the sender is slowed down to the disk
 * });
 * ```
 */
export function retain(): Release | undefined {
  const lease = holdCurrent();
  if (lease === undefined) return undefined;
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    lease.release();
  };
}

/**
 * Holds the current delivery, for one `release()` of the lease.
 * @internal
 */
export function holdCurrent(): Lease | undefined {
  return scope.current?.lease().hold();
}
