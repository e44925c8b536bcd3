/** A server of HTTP/2 that says any frames, lawful or not, and reads what the client says to that. */
import type { Server, Socket } from 'node:net';
import { H2_ERROR_CODES, type H2ErrorCode } from '../../../src/errors.js';
import { type Behaviour, hostileServer, HURRIED, outcomeOf, suffers } from './hostile-server.js';
import type { Listening } from '../peers/node-server.js';
import { turns } from '../peers/peer.js';
import { FLAG, FRAME, frame, PREFACE, settings } from './raw-h2.js';

/** Frames, in the order in which they are sent. */
export type Said = readonly Uint8Array[];

/** How a server begins, and ends. */
export interface Manners {
  /** What it says first: SETTINGS unless set, `undefined` for nothing. */
  readonly preface?: Uint8Array | undefined;
  /** Whether it closes the connection after its frames. */
  readonly closes?: boolean;
}

/** One connection to it. */
export class Hostile2 {
  /** GOAWAY and RST_STREAM that came, as text. */
  readonly complaints: string[] = [];
  /** Frames that came, by type. */
  readonly came = new Map<number, number>();
  private rest = Buffer.alloc(0);
  private begun = false;

  constructor(
    readonly socket: Socket,
    private readonly onRequest: (connection: Hostile2, stream: number) => void,
    /** Whether it acknowledges the client's settings. */
    private readonly polite: boolean,
  ) {
    socket.on('data', (chunk) => this.receive(chunk));
  }

  /** A server that calls `onRequest` for each stream that is begun; `connections`: all of its. */
  static async start(
    onRequest: (connection: Hostile2, stream: number) => void,
    manners: Manners = {},
  ): Promise<Listening<Server> & { readonly connections: readonly Hostile2[] }> {
    const connections: Hostile2[] = [];
    const preface = 'preface' in manners ? manners.preface : settings();
    const behaviour: Behaviour = (socket) => {
      connections.push(new Hostile2(socket, onRequest, preface !== undefined));
      if (preface !== undefined) socket.write(preface);
    };
    return { ...(await hostileServer(behaviour)), connections };
  }

  static codeOf(name: H2ErrorCode): number {
    return H2_ERROR_CODES[name];
  }

  say(...frames: Said): void {
    if (this.socket.writable) this.socket.write(Buffer.concat(frames));
  }

  count(type: number): number {
    return this.came.get(type) ?? 0;
  }

  private receive(chunk: Buffer): void {
    this.rest = Buffer.concat([this.rest, chunk]);
    if (!this.begun) {
      if (this.rest.length < PREFACE.length) return;
      this.begun = true;
      this.rest = this.rest.subarray(PREFACE.length);
    }
    for (let { rest } = this; rest.length >= 9; { rest } = this) {
      const end = 9 + rest.readUIntBE(0, 3);
      if (rest.length < end) return;
      this.rest = rest.subarray(end);
      this.heard(rest[3]!, rest[4]!, rest.readUInt32BE(5), rest.subarray(9, end));
    }
  }

  private heard(type: number, flags: number, stream: number, payload: Buffer): void {
    this.came.set(type, this.count(type) + 1);
    if (this.polite && type === FRAME.SETTINGS && (flags & FLAG.ACK) === 0)
      this.say(frame(FRAME.SETTINGS, FLAG.ACK, 0));
    if (type === FRAME.HEADERS) this.onRequest(this, stream);
    if (type === FRAME.GOAWAY) this.complain('GOAWAY', payload.readUInt32BE(4));
    if (type === FRAME.RST_STREAM) this.complain('RST_STREAM', payload.readUInt32BE(0));
  }

  private complain(what: string, code: number): void {
    if (code !== 0) this.complaints.push(`${what} ${Object.keys(H2_ERROR_CODES)[code]!}`);
  }
}

/** The outcome of a GET that gets `said`, and the client's frames in return. */
export async function outcome2(said: Said, manners: Manners = {}): Promise<[outcome: string, answered: string]> {
  const server = await Hostile2.start((connection) => {
    connection.say(...said);
    if (manners.closes === true) connection.socket.end();
  }, manners);
  const result = await suffers({ protocols: ['h2'], limits: HURRIED }, async (http) => {
    const told = await outcomeOf(http.get(server.url));
    // The client's frames for the rest come with the next turns.
    await turns();
    return told;
  });
  return [result, server.connections.flatMap(({ complaints }) => complaints).join(', ')];
}
