/** node:http and node:https, with connections that are kept. */
import { type ClientRequest, Agent, type IncomingMessage, request } from 'node:http';
import { Agent as SecureAgent, request as secureRequest } from 'node:https';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { digestStream, slowPiecesOf } from '../content.js';
import type { Errand, Order, Peer, Reply } from '../order.js';

export class NodeHttp implements Peer {
  readonly name = 'node:http';
  readonly schemes = ['http', 'https'] as const;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 16 });
  private readonly secureAgent = new SecureAgent({ keepAlive: true, maxSockets: 16, rejectUnauthorized: false });

  takes({ manner }: Order): boolean {
    return manner === undefined;
  }

  async ask({ order, url, signal, reached }: Errand): Promise<Reply> {
    const { method, headers, content } = order;
    const secure = url.protocol === 'https:';
    const options = { method, headers: this.headers(order), signal };
    const asked = secure
      ? secureRequest(url, { ...options, agent: this.secureAgent })
      : request(url, { ...options, agent: this.agent });
    // An error after the response is reported by its content, too.
    asked.on('error', () => undefined);
    if (content === undefined) asked.end();
    else send(asked, content, headers['expect'] !== undefined);
    reached('sent');
    const [response] = (await once(asked, 'response', { signal })) as [IncomingMessage];
    reached('head');
    const digest = await digestStream(response, order.rest, () => reached('content'));
    return { status: response.statusCode!, digest };
  }

  close(): void {
    this.agent.destroy();
    this.secureAgent.destroy();
  }

  /** Of known length, or chunked: every other seed. */
  private headers({ headers, content }: Order): Record<string, string> {
    if (content === undefined || content.seed % 2 === 0) return { ...headers };
    return { ...headers, 'content-length': String(content.size) };
  }
}

function send(asked: ClientRequest, content: Parameters<typeof slowPiecesOf>[0], waits: boolean): void {
  const begin = (): void => void Readable.from(slowPiecesOf(content), { objectMode: false }).pipe(asked);
  if (waits) asked.once('continue', begin);
  else begin();
}
