/** node:http2: one session to an origin, and another one when the server says that it goes away (RFC 9113 section 6.8). */
import { once } from 'node:events';
import { type ClientHttp2Session, connect, constants } from 'node:http2';
import { Readable } from 'node:stream';
import { digestStream, slowPiecesOf } from '../content.js';
import type { Errand, Order, Peer, Reply } from '../order.js';

export class NodeHttp2 implements Peer {
  readonly name = 'node:http2';
  readonly schemes = ['http', 'https'] as const;
  private readonly sessions = new Map<string, ClientHttp2Session>();

  takes({ manner }: Order): boolean {
    return manner === undefined;
  }

  async ask({ order, url, signal, reached }: Errand): Promise<Reply> {
    const { method, headers, content } = order;
    const session = this.sessionTo(url.origin);
    const stream = session.request(
      { ':method': method, ':path': `${url.pathname}${url.search}`, ...headers },
      { endStream: content === undefined },
    );
    stream.on('error', () => undefined);
    const leave = (): void => stream.close(constants.NGHTTP2_CANCEL);
    signal.addEventListener('abort', leave);
    if (content !== undefined) {
      const pieces = Readable.from(slowPiecesOf(content), { objectMode: false });
      pieces.pipe(stream);
      stream.once('close', () => pieces.destroy());
    }
    reached('sent');
    try {
      // A stream may close without a word, where its session does.
      const closed = once(stream, 'close').then(() => Promise.reject(new Error('closed before a response')));
      const responded = once(stream, 'response', { signal }) as Promise<[{ readonly ':status': number }]>;
      closed.catch(() => undefined);
      const [head] = await Promise.race([responded, closed]);
      reached('head');
      const digest = await digestStream(stream, order.rest, () => reached('content'));
      if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) throw new Error(`reset with ${stream.rstCode}`);
      return { status: head[':status'], digest };
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.sessions.values()].map(async (session) => {
        if (session.destroyed) return;
        const closed = once(session, 'close');
        session.close();
        await closed;
      }),
    );
  }

  private sessionTo(origin: string): ClientHttp2Session {
    const kept = this.sessions.get(origin);
    if (kept !== undefined) return kept;
    const session = connect(origin, { rejectUnauthorized: false });
    const forget = (): void => {
      if (this.sessions.get(origin) === session) this.sessions.delete(origin);
    };
    this.sessions.set(origin, session);
    session.on('error', forget).on('goaway', forget).on('close', forget);
    return session;
  }
}
