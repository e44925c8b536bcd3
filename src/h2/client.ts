/** The HTTP/2 engine of a client: its side begins the exchanges. */
import type { RequestHead, ResponseHead } from '../http/head.js';
import { checkUrgency, H2Connection } from './connection.js';
import { writePriorityUpdate } from './frame/priority.js';
import { writeSettings } from './frame/settings.js';
import type { H2ClientEngine, H2ClientOptions, H2Events } from './engine-contract.js';
import { serializePriority } from './priority.js';
import { SETTING } from './settings.js';
import { H2Stream } from './stream.js';
import { MAX_WINDOW } from './flow-control-window.js';

/** Streams that a client takes to be allowed until the server announces a number (RFC 9113 section 6.5.2: at least 100). */
const ASSUMED_STREAMS = 100;

export class H2Client extends H2Connection<ResponseHead, RequestHead> implements H2ClientEngine {
  /** Whether the server may push, according to our settings. */
  private pushed: boolean;
  /** The last stream that was begun before the server had announced how many it takes. */
  private lastAssumed: number;

  constructor(options: H2ClientOptions, events: H2Events<ResponseHead>) {
    super('client', options, events, options.push === true);
    this.pushed = options.push === true;
    this.lastAssumed = 0;
  }

  get capacity(): number {
    const { connection } = this;
    if (!connection.mayBegin) return 0;
    const allowed = this.frameHandling.settingsCame ? connection.peer.maxConcurrentStreams : ASSUMED_STREAMS;
    // Each stream may hold a window of unread content here.
    return Math.max(0, Math.min(allowed, connection.limits.concurrentStreams) - connection.localStreams);
  }

  wasAssumed(stream: number): boolean {
    const { maxConcurrentStreams } = this.connection.peer;
    // A server that takes none at all is not waited for.
    return stream <= this.lastAssumed && maxConcurrentStreams > 0 && stream > 2 * maxConcurrentStreams;
  }

  get extendedConnect(): boolean {
    return this.connection.peer.enableConnectProtocol;
  }

  /** Streams have to be begun in the order in which they were opened: the head of each before the next `open`. */
  open(): number {
    if (this.capacity === 0) throw new TypeError('no exchange can begin now: see `capacity`');
    const { connection } = this;
    const id = connection.nextStream;
    connection.nextStream += 2;
    if (!this.frameHandling.settingsCame) this.lastAssumed = id;
    const stream = new H2Stream(id, 'idle', connection.peer.initialWindowSize);
    stream.known = true;
    connection.add(stream);
    return id;
  }

  override sendMessage(stream: number, head: RequestHead, content: string | Uint8Array): void {
    this.announce(stream, head);
    super.sendMessage(stream, head, content);
  }

  override sendHead(stream: number, head: RequestHead, contentLength: number | undefined): boolean {
    this.announce(stream, head);
    return super.sendHead(stream, head, contentLength);
  }

  takePushes(on: boolean): void {
    const { connection, frameHandling } = this;
    if (on === this.pushed || connection.state === 'closing') return;
    this.pushed = on;
    frameHandling.takesPush ||= on;
    const streams = Math.min(connection.limits.concurrentStreams, MAX_WINDOW);
    writeSettings(
      connection.writer,
      on ? [SETTING.ENABLE_PUSH, 1, SETTING.MAX_CONCURRENT_STREAMS, streams] : [SETTING.ENABLE_PUSH, 0],
    );
  }

  reprioritize(stream: number, urgency: number, incremental: boolean): void {
    checkUrgency(urgency);
    const { connection } = this;
    if (!connection.streams.has(stream)) return;
    writePriorityUpdate(connection.writer, stream, serializePriority({ urgency, incremental }));
  }

  /** The meaning of the response depends on the request. */
  private announce(stream: number, head: RequestHead): void {
    const opened = this.connection.streams.get(stream);
    if (opened?.outgoing !== 'head') return;
    opened.headOnly = head.method === 'HEAD';
    opened.connect = head.method === 'CONNECT';
  }
}
