/**
 * The connections of a watched service. A connection gets its number when it is first shown; its bytes are recorded if somebody was
 * watching when it began.
 */
import { type Observable, take, type SchedulerLike } from 'rxjs';
import { type Flow, type Info, type TapEvent, wiretap } from 'rxpaf';
import { RECORDING_LIMITS, type Recordings } from './recordings.js';
import type { ConnectionEvent, TrafficEvent } from './traffic-event.js';

/** A peer with a name. */
export interface Named {
  toString(): string;
}

/** What `WatchedConnections` needs. */
export interface Watching<Socket, Peer> {
  readonly info: Info<Socket, Peer>;
  readonly recordings: Recordings;
  readonly clock: SchedulerLike;
  readonly closed: (socket: Socket) => Observable<unknown>;
  readonly tell: (event: TrafficEvent) => void;
}

/** The state of a connection that was shown. */
interface Seen {
  readonly id: number;
  readonly recorded: boolean;
  /** It carries the page itself: its bytes cause no events. */
  own: boolean;
  known: boolean;
}

const AMOUNTS = { received: 'received', sent: 'sent', credit: 'taken' } as const;

export class WatchedConnections<Socket extends object, Peer extends Named> {
  /** The only cost of a connection while nobody watches. */
  private readonly sockets = new WeakMap<Peer, Socket>();
  private readonly seen = new WeakMap<Socket, Seen>();
  private readonly living = new Map<number, ConnectionEvent>();
  private latest = 0;

  constructor(private readonly watching: Watching<Socket, Peer>) {}

  /** Adds a new connection, and emits its event if somebody is watching. */
  add(socket: Socket, peer: Peer, watched: boolean): void {
    this.sockets.set(peer, socket);
    if (watched) this.of(peer);
  }

  /** The number of a connection. Emits its event if that has not happened yet. */
  of(peer: Peer): number {
    const socket = this.sockets.get(peer)!;
    const seen = this.see(socket, false);
    if (!seen.known) this.introduce(socket, peer, seen);
    return seen.id;
  }

  /** The latest open connections, at most `most`. */
  open(most: number): readonly ConnectionEvent[] {
    return [...this.living.values()].slice(-most);
  }

  /** Marks a connection that carries the page itself. */
  own(peer: Peer): void {
    const socket = this.sockets.get(peer);
    if (socket === undefined) return;
    const seen = this.see(socket, false);
    if (seen.own) return;
    seen.own = true;
    const { recordings, clock, tell } = this.watching;
    recordings.forget(seen.id);
    if (!seen.known) return;
    const event = this.living.get(seen.id);
    if (event !== undefined) this.living.set(seen.id, { ...event, own: true });
    tell({ kind: 'own', at: clock.now(), connection: seen.id });
  }

  /** Whether a connection carries the page itself. */
  isOwn(peer: Peer): boolean {
    const socket = this.sockets.get(peer);
    return socket !== undefined && this.seen.get(socket)?.own === true;
  }

  /** The same flow; its bytes are recorded and cause events. */
  tap(socket: Socket, flow: Flow): Flow {
    const { recordings, tell } = this.watching;
    const seen = this.see(socket, true);
    const connection = seen.id;
    const recording = recordings.begin(connection, flow.alpn);
    const observe = (event: TapEvent): void => {
      if (seen.own) return;
      recording.add(event);
      const { kind, at, size } = event;
      if (kind === 'received' || kind === 'sent' || kind === 'credit')
        tell({ kind: AMOUNTS[kind], at, connection, size, count: 1 });
      else if (kind === 'aborted' || kind === 'received-reset') tell({ kind: 'reset', at, connection });
    };
    return wiretap(observe, { scheduler: this.watching.clock, limit: RECORDING_LIMITS.bytes })(flow);
  }

  private see(socket: Socket, recorded: boolean): Seen {
    let seen = this.seen.get(socket);
    if (seen === undefined) {
      seen = { id: ++this.latest, recorded, own: false, known: false };
      this.seen.set(socket, seen);
    }
    return seen;
  }

  private introduce(socket: Socket, peer: Peer, seen: Seen): void {
    const { info, clock, closed, tell } = this.watching;
    const alpn = info.alpn(socket);
    const { id, recorded, own } = seen;
    const event: ConnectionEvent = {
      kind: 'connection',
      at: clock.now(),
      connection: id,
      peer: peer.toString(),
      alpn: typeof alpn === 'string' ? alpn : null,
      recorded: recorded && !own,
      own,
    };
    seen.known = true;
    this.living.set(id, event);
    tell(event);
    closed(socket)
      .pipe(take(1))
      .subscribe(() => {
        this.living.delete(id);
        tell({ kind: 'closed', at: clock.now(), connection: id });
      });
  }
}
