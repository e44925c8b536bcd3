/** The state of an open stream. */
import type { Fields } from '../http/fields.js';
import { DEFAULT_URGENCY } from './priority.js';
import { OUT } from './send-scheduler.js';
import type { Schedulable } from './send-scheduler.js';
import type { SendQueue } from './send-queue.js';
import type { StreamState } from './stream-state.js';
import type { ReceiveWindow } from './flow-control-window.js';

/** How far the peer's message is. `discarded`: the rest of it is thrown away as it comes. */
export type IncomingPhase = 'head' | 'content' | 'ended' | 'discarded';

/** How far our message is. `ending`: all of it is here, but not all has been written; `sent`: all has. */
export type OutgoingPhase = 'head' | 'content' | 'ending' | 'sent';

export class H2Stream implements Schedulable {
  readonly id: number;
  state: StreamState;
  incoming: IncomingPhase;
  outgoing: OutgoingPhase;
  /** Octets of DATA that the peer takes; negative after it has made its windows smaller. */
  sendWindow: number;
  /** Octets of content that are to come, or to go, by Content-Length; -1 without one. */
  toCome: number;
  toGo: number;
  /** Whether the application knows of this stream. */
  known: boolean;
  /** The request is HEAD: its response has no content. */
  headOnly: boolean;
  /** The request is CONNECT: its 2xx response begins a tunnel. */
  connect: boolean;
  /** Interim responses that came. */
  informationals: number;
  /** The client waits for 100. */
  expectsContinue: boolean;
  /** Its response is complete, and it is over for the application; the rest of the request is discarded. */
  lingers: boolean;
  /** How many looks in a row found no new DATA on it while it lingers. */
  quietLooks: number;
  /** A writer waits for `onWritable`. */
  waited: boolean;
  urgency: number;
  incremental: boolean;
  place: number;
  previous: Schedulable | undefined;
  following: Schedulable | undefined;
  /** Made with the first DATA. */
  receiveWindow: ReceiveWindow | undefined;
  /** Made with the first content that cannot go at once. */
  queue: SendQueue | undefined;
  trailers: Fields | undefined;

  constructor(id: number, state: StreamState, sendWindow: number) {
    this.id = id;
    this.state = state;
    this.incoming = 'head';
    this.outgoing = 'head';
    this.sendWindow = sendWindow;
    this.toCome = -1;
    this.toGo = -1;
    this.known = false;
    this.headOnly = false;
    this.connect = false;
    this.informationals = 0;
    this.expectsContinue = false;
    this.lingers = false;
    this.quietLooks = 0;
    this.waited = false;
    this.urgency = DEFAULT_URGENCY;
    // A peer that announces no priorities gets a fair share for each of its streams. With RFC 9218's own default, the first of several
    // downloads would delay the others until it is over.
    this.incremental = true;
    this.place = OUT;
    this.previous = undefined;
    this.following = undefined;
    this.receiveWindow = undefined;
    this.queue = undefined;
    this.trailers = undefined;
  }
}
