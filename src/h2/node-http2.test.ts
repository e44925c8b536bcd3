/** Our engines with `node:http2` at the other end of a socket. */
import * as http2 from 'node:http2';
import * as net from 'node:net';
import { Output } from '../bytes.js';
import { Fields } from '../http/fields.js';
import type { RequestHead, ResponseHead } from '../http/head.js';
import { createH2Client, createH2Server } from './index.js';
import type { H2ClientEngine, H2ServerEngine } from './index.js';
import { Log, optionsWith, requestHead, responseHead } from '../../test/kits/units/h2-engines.js';

/** The two ends of a connection. */
async function sockets(): Promise<[net.Socket, net.Socket]> {
  const listener = net.createServer().listen(0, '127.0.0.1');
  await ended(listener, 'listening');
  const accepted = new Promise<net.Socket>((resolve) => {
    listener.once('connection', resolve);
  });
  const connected = net.connect((listener.address() as net.AddressInfo).port, '127.0.0.1');
  const ours = await accepted;
  listener.close();
  return [ours, connected];
}

/** Runs an engine over a socket, as simply as can be. */
function drive(engine: H2ServerEngine | H2ClientEngine, side: net.Socket): () => void {
  const output = new Output();
  const flush = (): void => {
    while (engine.hasOutput) {
      engine.pull(output, 65_536);
      if (output.size > 0) side.write(output.toBytes());
      output.clear();
    }
    if (engine.state === 'closing' && !side.writableEnded) side.end();
  };
  side.on('data', (chunk: Buffer) => {
    engine.receive(chunk, 0);
    flush();
  });
  side.on('end', () => {
    engine.receiveEof(0);
    flush();
  });
  side.on('error', () => undefined);
  flush();
  return flush;
}

interface Answer {
  readonly headers: http2.IncomingHttpHeaders & http2.IncomingHttpStatusHeader;
  readonly trailers: http2.IncomingHttpHeaders | undefined;
  readonly body: Buffer;
}

function answerTo(stream: http2.ClientHttp2Stream): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let headers: Answer['headers'] = {};
    let trailers: Answer['trailers'];
    stream.on('response', (received) => (headers = received));
    stream.on('trailers', (received: http2.IncomingHttpHeaders) => (trailers = received));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('end', () => resolve({ headers, trailers, body: Buffer.concat(chunks) }));
  });
}

function ended(emitter: NodeJS.EventEmitter, event: string): Promise<unknown> {
  return new Promise((resolve) => emitter.once(event, resolve));
}

describe('a node:http2 client', () => {
  let client: http2.ClientHttp2Session;
  let log: Log<RequestHead>;
  let server: H2ServerEngine;
  let flush: () => void;

  beforeEach(async () => {
    const [ours, theirs] = await sockets();
    log = new Log();
    server = createH2Server(optionsWith(), log);
    log.received = (stream, chunk) => {
      server.sendData(stream, chunk);
      server.credit(stream, chunk.length);
    };
    log.answer = (stream, head, end) => {
      if (end)
        server.sendMessage(stream, responseHead(200, { 'x-path': head.path, 'set-cookie': ['a=1', 'b=2'] }), 'hi');
      else server.sendHead(stream, responseHead(), undefined);
    };
    log.ended = (stream) => server.sendEnd(stream, Fields.from({ 'x-end': 'yes' }));
    flush = drive(server, ours);
    client = http2.connect('http://localhost:80', { createConnection: () => theirs });
    client.on('error', () => undefined);
    await ended(client, 'remoteSettings');
  });

  afterEach(async () => {
    if (client.destroyed) return;
    const closed = ended(client, 'close');
    client.destroy();
    await closed;
  });

  async function pong(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      client.ping((error) => (error === null ? resolve() : reject(error)));
    });
  }

  it('gets what it asks for, again and again', async () => {
    for (let round = 0; round < 50; round++) {
      const { headers, body } = await answerTo(client.request({ ':path': `/${round % 7}`, 'x-round': `${round}` }));
      expect(headers).toMatchObject({ ':status': 200, 'x-path': `/${round % 7}`, 'set-cookie': ['a=1', 'b=2'] });
      expect(body.toString()).toBe('hi');
    }
  });

  it('gets a megabyte echoed, with trailers, on many streams at once', async () => {
    const content = Buffer.alloc(1 << 20, 'abcdefg');
    const answers = Array.from({ length: 5 }, async () => {
      const stream = client.request({ ':method': 'POST', ':path': '/echo' });
      stream.end(content);
      return answerTo(stream);
    });
    for (const { body, trailers } of await Promise.all(answers)) {
      expect(body.equals(content)).toBe(true);
      expect(trailers).toMatchObject({ 'x-end': 'yes' });
    }
  });

  it('sees our settings', () => {
    expect(client.remoteSettings).toMatchObject({
      maxConcurrentStreams: 128,
      initialWindowSize: 256 * 1024,
      maxHeaderListSize: 64 * 1024,
      enableConnectProtocol: false,
    });
  });

  it('may open tunnels by extended CONNECT where the server says so (RFC 8441 section 3)', async () => {
    const [ours, theirs] = await sockets();
    drive(createH2Server({ ...optionsWith(), connectProtocol: true }, new Log()), ours);
    const session = http2.connect('http://localhost:80', { createConnection: () => theirs });
    await ended(session, 'remoteSettings');
    expect(session.remoteSettings.enableConnectProtocol).toBe(true);
    session.destroy();
  });

  it('may ping, be pushed to, and be asked to go', async () => {
    await pong();
    log.answer = (stream) => {
      server.sendMessage(server.push(stream, requestHead('/pushed')), responseHead(), 'pushed');
      server.sendMessage(stream, responseHead(), 'asked');
    };
    const pushed = new Promise<Answer>((resolve, reject) => {
      client.on('stream', (stream) => {
        stream.once('push', (headers: Answer['headers']) => expect(headers[':status']).toBe(200));
        answerTo(stream).then(resolve, reject);
      });
    });
    const asked = await answerTo(client.request({ ':path': '/' }));
    expect(asked.body.toString()).toBe('asked');
    expect((await pushed).body.toString()).toBe('pushed');
    const closed = ended(client, 'close');
    server.shutdown();
    flush();
    await closed;
    expect(server.state).toBe('closing');
  });

  it('hears of a reset', async () => {
    log.answer = (stream) => server.abort(stream, 'ENHANCE_YOUR_CALM');
    const stream = client.request({ ':path': '/' });
    await expect(answerTo(stream)).rejects.toThrow('NGHTTP2_ENHANCE_YOUR_CALM');
  });

  it('may cancel', async () => {
    log.answer = () => undefined;
    const stream = client.request({ ':path': '/' });
    stream.on('error', () => undefined);
    await pong();
    stream.close(http2.constants.NGHTTP2_CANCEL);
    await ended(stream, 'close');
    await pong();
    expect(log.events.filter((event) => !event.startsWith('pong'))).toEqual([
      'head 1 GET / end',
      'reset 1 peer stream-reset CANCEL',
    ]);
  });
});

describe('a node:http2 server', () => {
  let server: http2.Http2Server;
  let client: H2ClientEngine;
  let heard: Log<ResponseHead>;
  let flush: () => void;

  beforeEach(async () => {
    const [ours, theirs] = await sockets();
    server = http2.createServer();
    server.on('stream', (stream, headers) => {
      stream.respond({ ':status': 200, 'x-path': headers[':path'] }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-end': 'yes' }));
      stream.pipe(stream);
    });
    heard = new Log();
    client = createH2Client(optionsWith(), heard);
    heard.received = (stream, chunk) => client.credit(stream, chunk.length);
    server.emit('connection', theirs);
    flush = drive(client, ours);
  });

  it('responds to our client', async () => {
    const content = Buffer.alloc(300_000, 'xyz');
    const done = new Promise<void>((resolve) => {
      let left = 4;
      const { onEnd } = { onEnd: heard.onEnd.bind(heard) };
      heard.onEnd = (stream, trailers) => {
        onEnd(stream, trailers);
        if (--left === 0) resolve();
      };
    });
    for (let index = 0; index < 4; index++) {
      const stream = client.open();
      client.sendHead(stream, requestHead(`/${index}`, 'POST', { 'x-index': `${index}` }), content.length);
      client.sendData(stream, content);
      client.sendEnd(stream, Fields.EMPTY);
    }
    flush();
    await done;
    expect(heard.heads.map((head) => head.headers.get('x-path'))).toEqual(['/0', '/1', '/2', '/3']);
    expect(heard.content.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(4 * content.length);
    expect(heard.events).toContain('end 7 x-end yes');
    client.shutdown();
    flush();
    expect(client.state).toBe('closing');
  });
});
