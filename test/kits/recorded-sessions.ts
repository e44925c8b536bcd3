/** Sessions of third-party clients, one connection each; a seed decides what they do. */
import { once } from 'node:events';
import * as http from 'node:http';
import * as http2 from 'node:http2';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { Client } from 'undici';
import { run } from './example.js';

/** One request. */
export interface Ask {
  readonly method: string;
  readonly path: string;
  readonly body: Buffer | undefined;
}

/** Random numbers from a seed: mulberry32. */
export class Dice {
  constructor(private state: number) {}

  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let value = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((((value ^ (value >>> 14)) >>> 0) * limit) / 2 ** 32) | 0;
  }

  pick<T>(...from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  /** `size` random bytes, or `size` characters of text, some of which need two bytes or an escape. */
  content(size: number): Buffer {
    if (this.below(2) === 0) return Buffer.from(Array.from({ length: size }, () => this.below(256)));
    return Buffer.from(Array.from({ length: size }, () => this.pick('a', "b'", '\\n', 'é', '"', '\n', ' ')).join(''));
  }

  ask(): Ask {
    const method = this.pick('GET', 'GET', 'HEAD', 'POST', 'POST', 'PUT');
    const path = this.pick('/', '/?token=1&x', '/slow', '/nowhere', `/bytes/${this.below(200_000)}`, '/echo');
    const body = method === 'GET' || method === 'HEAD' ? undefined : this.content(this.pick(0, 9, 700, 50_000));
    return { method, path: body === undefined ? path : '/echo', body };
  }

  asks(most: number): Ask[] {
    return Array.from({ length: 1 + this.below(most) }, () => this.ask());
  }
}

/** A client: it makes one connection to `url`, and sends requests as the dice decide. */
export type Session = (url: string, dice: Dice) => Promise<unknown>;

/** curl with up to `most` requests. Bodies are base64, since a command line cannot have NUL. */
const curl =
  (most: number, ...flags: readonly string[]): Session =>
  async (url, dice) => {
    const asks = dice
      .asks(most)
      .flatMap(({ method, path, body }, index) => [
        ...(index === 0 ? [] : ['--next']),
        ...flags,
        ...['--silent', '--show-error', '--max-time', '45', '--output', '/dev/null', '--user', 'me:secret'],
        ...(method === 'HEAD' ? ['--head'] : ['--request', method]),
        ...(body === undefined ? [] : ['--data-binary', body.toString('base64')]),
        ...(body !== undefined && dice.below(3) === 0 && !flags.includes('--http2-prior-knowledge')
          ? ['--header', 'Transfer-Encoding: chunked']
          : []),
        `${url}${path}`,
      ]);
    const { status, stderr } = await run('curl', asks);
    if (status !== 0) throw new Error(`curl ended with ${status}: ${stderr}`);
  };

const nghttp: Session = async (url, dice) => {
  const flags = dice.pick<readonly string[]>([], ['--no-dep'], ['--padding=60'], ['--continuation'], ['--upgrade']);
  const posts = dice.below(3) === 0;
  const paths = posts ? ['/echo'] : dice.asks(4).map(({ path }) => path);
  const data = posts ? ['--data=package.json'] : [];
  const { status, stderr } = await run('nghttp', ['-n', ...flags, ...data, ...paths.map((path) => url + path)]);
  if (status !== 0) throw new Error(`nghttp ended with ${status}: ${stderr}`);
};

const nodeHttp: Session = async (url, dice) => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  for (const { method, path, body } of dice.asks(5)) {
    const request = http.request(url + path, { agent, method, headers: { cookie: 'a=secret' } });
    // Before the last chunk is written: an echo responds immediately.
    const answered = once(request, 'response') as Promise<[http.IncomingMessage]>;
    // Several writes without a length: the chunked coding.
    for (let from = 0; body !== undefined && from < body.length; from += 20_000) {
      request.write(body.subarray(from, from + 20_000));
      await turn();
    }
    request.end();
    await buffer((await answered)[0]);
  }
  agent.destroy();
};

const nodeHttp2: Session = async (url, dice) => {
  const session = http2.connect(url, { settings: dice.pick({}, { headerTableSize: 0 }, { initialWindowSize: 9000 }) });
  await Promise.all(
    dice.asks(8).map(async ({ method, path, body }) => {
      const headers = { ':method': method, ':path': path, cookie: ['a=secret', 'b=secret'] };
      const stream = session.request(headers, { endStream: body === undefined });
      if (body !== undefined) stream.end(body);
      await buffer(stream);
    }),
  );
  session.close();
  await once(session, 'close');
};

const undici: Session = async (url, dice) => {
  const client = new Client(url, { pipelining: dice.pick(1, 5) });
  await Promise.all(
    dice.asks(5).map(async ({ method, path, body }) => {
      const answer = await client.request({ method, path, body: body ?? null });
      await answer.body.arrayBuffer();
    }),
  );
  await client.close();
};

/** Pipelined HTTP/1.1 requests in writes of random sizes. */
const raw: Session = async (url, dice) => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const ended = once(socket.resume(), 'end');
  const asks = dice.asks(5).map(({ method, path, body = Buffer.alloc(0) }) => {
    const head = `${method} ${path} HTTP/1.1\r\nhost: a\r\nX-Twice: 1\r\nx-twice: 2\r\ncontent-length: ${body.length}\r\n\r\n`;
    return Buffer.concat([Buffer.from(head), body]);
  });
  const all = Buffer.concat(asks);
  for (let from = 0; from < all.length;) {
    const size = 1 + dice.below(dice.pick(20, 3000, 60_000));
    socket.write(all.subarray(from, (from += size)));
    await turn();
  }
  socket.end();
  await ended;
};

export const SESSIONS: Readonly<Record<string, Session>> = {
  'curl, HTTP/1.1': curl(4, '--http1.1'),
  // One request: curl 7.88 cannot reuse such a connection with any server.
  'curl, HTTP/2': curl(1, '--http2-prior-knowledge'),
  'curl, Upgrade: h2c': curl(1, '--http2'),
  nghttp,
  'node:http': nodeHttp,
  'node:http2': nodeHttp2,
  undici,
  'a socket': raw,
};
