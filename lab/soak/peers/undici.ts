/** undici: HTTP/1.1, one request at a time on a connection, or several in a row (RFC 9112 section 9.3.2). */
import { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import { digestStream, slowPiecesOf } from '../content.js';
import type { Errand, Order, Peer, Reply } from '../order.js';

export class Undici implements Peer {
  readonly name: string;
  readonly schemes = ['http', 'https'] as const;
  private readonly agent: Agent;

  constructor(private readonly pipelining: number) {
    this.name = pipelining === 1 ? 'undici' : `undici, ${pipelining} in a row`;
    this.agent = new Agent({
      pipelining,
      // Few, where they are to follow each other.
      connections: pipelining === 1 ? 8 : 2,
      connect: { rejectUnauthorized: false },
    });
  }

  /**
   * When one of several pipelined requests is given up, undici repeats the request whose response is under way, and fails on its second
   * head (7.30.2, with any server). That is not our fault. A response that breaks off also breaks off those after it, which a server may
   * have begun. They would be lost without a fault of either side.
   */
  takes({ manner, abort, wanted }: Order): boolean {
    if (manner !== undefined) return false;
    return this.pipelining === 1 || (abort === undefined && wanted !== 'broken');
  }

  async ask({ order, url, signal, reached }: Errand): Promise<Reply> {
    const { method, headers, content } = order;
    const asked = request(url, {
      dispatcher: this.agent,
      method,
      headers,
      signal,
      body: content === undefined ? null : Readable.from(slowPiecesOf(content), { objectMode: false }),
    });
    reached('sent');
    const { statusCode, body } = await asked;
    reached('head');
    return { status: statusCode, digest: await digestStream(body, order.rest, () => reached('content')) };
  }

  close(): Promise<void> {
    return this.agent.close();
  }
}
