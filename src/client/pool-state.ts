/** The state of a client's pool, origin by origin, as values. */
import { Observable, Subject } from 'rxjs';
import type { Protocol } from '../http/head.js';

/**
 * The connections to one origin, and the requests that wait for them. Without any, all numbers are 0: the client has forgotten the origin.
 */
export interface PoolState {
  /** `https://example.com:443`: the scheme, host and port. */
  readonly origin: string;
  /** The protocol of its last connection: undefined before the first. */
  readonly protocol: Protocol | undefined;
  /** Connections without a request under way. */
  readonly idle: number;
  /** Connections with requests under way, those that end after them included. */
  readonly busy: number;
  /** Connections that are being made. */
  readonly connecting: number;
  /** Requests that wait for a connection or a stream. */
  readonly waiting: number;
}

/** A pool, as far as its state is concerned. */
interface StatefulPool {
  readonly state: PoolState;
}

/** Emits changes while it has subscribers, and costs a comparison otherwise. */
export class PoolStates {
  private readonly changes = new Subject<PoolState>();
  private readonly last = new Map<string, PoolState>();

  /** @param pools - the pools of the client at the time of a subscription. */
  constructor(private readonly pools: () => Iterable<StatefulPool>) {}

  readonly states: Observable<PoolState> = new Observable((subscriber) => {
    if (!this.changes.observed) this.last.clear();
    for (const { state } of this.pools()) {
      this.last.set(state.origin, state);
      subscriber.next(state);
    }
    return this.changes.subscribe(subscriber);
  });

  /** The state of `pool` may have changed. */
  look(pool: StatefulPool): void {
    if (!this.changes.observed) return;
    const { state } = pool;
    const last = this.last.get(state.origin);
    if (last === undefined ? isUnused(state) : isSame(last, state)) return;
    if (isUnused(state)) this.last.delete(state.origin);
    else this.last.set(state.origin, state);
    this.changes.next(state);
  }
}

function isSame(one: PoolState, other: PoolState): boolean {
  const { protocol, idle, busy, connecting, waiting } = one;
  return (
    protocol === other.protocol &&
    idle === other.idle &&
    busy === other.busy &&
    connecting === other.connecting &&
    waiting === other.waiting
  );
}

function isUnused({ idle, busy, connecting, waiting }: PoolState): boolean {
  return idle + busy + connecting + waiting === 0;
}
