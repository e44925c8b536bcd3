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
   * Where one of several in a row is given up, undici asks again for the answer that it is in the midst of, and stumbles over its second
   * head (7.30.2, with any server): that is no matter of ours. And an answer that is to break off takes those with it that stand behind,
   * which a server may have begun: they would be lost, and it would be nobody's fault.
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
