/** The HTTP/2 engine of a server: push, and the way here from HTTP/1.1. */
import type { RequestHead, ResponseHead } from '../http/head.js';
import { H2Connection } from './connection.js';
import { parseSettings } from './frame/settings.js';
import type { H2Events, H2ServerEngine, H2ServerOptions } from './engine-contract.js';
import { H2Stream } from './stream.js';

/** The stream of the request that asked for the upgrade (RFC 7540 section 3.2). */
const UPGRADED_STREAM = 1;

export class H2Server extends H2Connection<RequestHead, ResponseHead> implements H2ServerEngine {
  constructor(options: H2ServerOptions, events: H2Events<RequestHead>) {
    super('server', options, events, false);
  }

  get lingering(): number {
    return this.connection.lingering;
  }

  resetQuiet(looks: number): void {
    if (this.connection.state !== 'closing') this.connection.resetQuiet(looks);
  }

  push(stream: number, request: RequestHead): number {
    const { connection } = this;
    const { peer } = connection;
    const parent = connection.streams.get(stream);
    if (parent === undefined || !connection.isPeers(stream) || parent.outgoing === 'sent') return 0;
    if (!connection.mayBegin || !peer.enablePush || connection.localStreams >= peer.maxConcurrentStreams) return 0;
    const promised = connection.nextStream;
    connection.nextStream += 2;
    const pushed = new H2Stream(promised, 'reserved-local', peer.initialWindowSize);
    pushed.known = true;
    pushed.incoming = 'ended';
    pushed.headOnly = request.method === 'HEAD';
    connection.add(pushed);
    this.messageSending.promise(stream, promised, request);
    return promised;
  }

  startFromUpgrade(settings: string, request: RequestHead): void {
    const { connection } = this;
    const payload = Buffer.from(settings, 'base64url');
    const list = parseSettings(0, 0, payload, 0, payload.length);
    if (list !== undefined) this.frameHandling.apply(list);
    connection.holdsContent = true;
    connection.lastPeerStream = UPGRADED_STREAM;
    const stream = new H2Stream(UPGRADED_STREAM, 'half-closed-remote', connection.peer.initialWindowSize);
    stream.known = true;
    stream.incoming = 'ended';
    stream.headOnly = request.method === 'HEAD';
    connection.add(stream);
    connection.events.onHead(UPGRADED_STREAM, request, true);
  }
}
