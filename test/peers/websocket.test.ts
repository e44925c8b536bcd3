/** WebSockets with other libraries at the other end: `ws`, undici, Python's `websockets` and Chromium. */
import { firstValueFrom, ignoreElements, mergeMap, type Observable, take, tap, toArray } from 'rxjs';
import { client, type ClientOptions, type NodePeer, serve, type Service, text } from 'rxpaf';
import { accept, isWebSocket, type Message, webSocket, type WebSocketClosed, type WebSocketOptions } from 'rxpaf/ws';
import { WebSocket as UndiciSocket } from 'undici';
import { selfSigned } from '../kits/certificate.js';
import { browser } from '../kits/peers/chromium.js';
import { describeWith } from '../kits/shared-target.js';
import { closeOf, describeWithPython, messagesOf, python, wsClient, wsServer } from '../kits/websocket/peers.js';

const MESSAGES: readonly Message[] = [
  'hello',
  '',
  'aé€😀'.repeat(40),
  'x'.repeat(70_000),
  Buffer.alloc(0),
  Buffer.from([1, 2, 3]),
  Buffer.alloc(100_000, 'ab'),
];

const plain = (messages: readonly Message[]): (string | number[])[] =>
  messages.map((message) => (typeof message === 'string' ? message : [...message]));
const EXPECTED = plain(MESSAGES);

/** The protocol of each WebSocket that our server accepted. */
const accepted: string[] = [];

const echo: Service<NodePeer> = (request, exchange) =>
  isWebSocket(request)
    ? accept(request, exchange, { protocols: ['echo'], deflate: { threshold: 0 } }).pipe(
        tap((socket) => {
          accepted.push(exchange.protocol);
          socket.subscribe(socket);
        }),
        ignoreElements(),
      )
    : text('<!doctype html><title>page</title>', { headers: { 'content-type': 'text/html' } });

/** Our echo, while the tests of a group run. */
function ourServer(options: { readonly tls?: boolean; readonly connectProtocol?: boolean } = {}): {
  readonly port: number;
} {
  let port = 0;
  let ended: Promise<void>;
  let end = (): void => undefined;
  beforeAll(async () => {
    const tls = options.tls === true ? { tls: await selfSigned() } : {};
    await new Promise<void>((listening) => {
      ended = new Promise((resolve) => {
        const subscription = serve(
          {
            host: '127.0.0.1',
            port: 0,
            connectProtocol: options.connectProtocol ?? true,
            ...tls,
            listening: (at) => ((port = at.port!), listening()),
          },
          echo,
        ).subscribe();
        subscription.add(resolve);
        end = () => subscription.unsubscribe();
      });
    });
  });
  afterAll(async () => {
    end();
    await ended;
  });
  return {
    get port() {
      return port;
    },
  };
}

/** Sends all messages, and gives those that come back, and the end. */
async function conversation(
  url: string,
  options: WebSocketOptions = {},
): Promise<{ readonly messages: (string | number[])[]; readonly protocol: string; readonly ended: WebSocketClosed }> {
  let protocol = '';
  let ended: Promise<WebSocketClosed> | undefined;
  const received = webSocket(url, options).pipe(
    mergeMap((socket): Observable<Message[]> => {
      protocol = socket.protocol;
      ended = firstValueFrom(socket.ended);
      for (const message of MESSAGES) socket.next(message);
      return socket.pipe(
        take(MESSAGES.length),
        toArray(),
        tap(() => socket.close(3001, 'done')),
      );
    }),
  );
  const messages = await firstValueFrom(received);
  return { messages: plain(messages), protocol, ended: await ended! };
}

describe('the server', () => {
  const server = ourServer();

  it.each([
    ['without compression', { perMessageDeflate: false }],
    ['with compression', { perMessageDeflate: { threshold: 0 } }],
    [
      'with compression without context',
      { perMessageDeflate: { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true } },
    ],
    ['with small windows', { perMessageDeflate: { threshold: 0, serverMaxWindowBits: 8, clientMaxWindowBits: 9 } }],
  ])('talks to a client of ws %s', async (_title, options) => {
    const socket = await wsClient(`ws://127.0.0.1:${server.port}/`, options, ['other', 'echo']);
    expect(socket.protocol).toBe('echo');
    expect(socket.extensions === '').toBe(options.perMessageDeflate === false);
    const received = messagesOf(socket, MESSAGES.length);
    for (const message of MESSAGES) socket.send(message);
    expect(plain(await received)).toEqual(EXPECTED);
    const pong = new Promise<string>((resolve) => socket.once('pong', (data: Buffer) => resolve(data.toString())));
    socket.ping('sign');
    expect(await pong).toBe('sign');
    socket.close(3000, 'bye');
    expect(await closeOf(socket)).toEqual([3000, '']);
  });

  it('talks to a client of undici', async () => {
    const socket = new UndiciSocket(`ws://127.0.0.1:${server.port}/`, ['echo']);
    socket.binaryType = 'arraybuffer';
    await new Promise((open) => socket.addEventListener('open', open));
    expect(socket.protocol).toBe('echo');
    const received: Message[] = [];
    const all = new Promise<void>((resolve) => {
      socket.addEventListener('message', ({ data }) => {
        received.push(typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer));
        if (received.length === MESSAGES.length) resolve();
      });
    });
    for (const message of MESSAGES) socket.send(message);
    await all;
    expect(plain(received)).toEqual(EXPECTED);
    const closed = new Promise<{ code: number; wasClean: boolean }>((resolve) =>
      socket.addEventListener('close', resolve),
    );
    socket.close(3000, 'bye');
    expect(await closed).toMatchObject({ code: 3000, wasClean: true });
  });
});

describe('the client', () => {
  it.each([
    ['without compression', false, undefined],
    ['with compression', { threshold: 0 }, { threshold: 0 }],
    ['with a server that compresses without context', { threshold: 0, serverNoContextTakeover: true }, true],
    ['with compression that the server does not know', false, true],
  ] as const)('talks to a server of ws %s', async (_title, perMessageDeflate, deflate) => {
    const server = await wsServer({ perMessageDeflate }, (socket) => {
      socket.on('message', (data: Buffer, isBinary: boolean) => socket.send(isBinary ? data : data.toString()));
    });
    const http = client();
    try {
      const options = { http, protocols: ['a', 'b'], ...(deflate === undefined ? {} : { deflate }) };
      const { messages, protocol, ended } = await conversation(`ws://127.0.0.1:${server.port}/`, options);
      expect(messages).toEqual(EXPECTED);
      expect(protocol).toBe('a');
      expect(ended).toEqual({ code: 3001, reason: 'done', clean: true, error: undefined });
    } finally {
      server.close();
      http.close();
    }
  });
});

describe.each([
  ['cleartext', { tls: false }, 'ws', {}, 'http/1.1'],
  ['cleartext, by prior knowledge of HTTP/2', { tls: false }, 'ws', { protocols: ['h2'] }, 'h2'],
  ['TLS, over HTTP/2', { tls: true }, 'wss', {}, 'h2'],
  ['TLS, over HTTP/1.1', { tls: true }, 'wss', { protocols: ['http/1.1'] }, 'http/1.1'],
  ['TLS, without extended CONNECT', { tls: true, connectProtocol: false }, 'wss', {}, 'http/1.1'],
] as const)('both roles, on %s', (_title, serverOptions, scheme, clientOptions: ClientOptions, protocolOfHttp) => {
  const server = ourServer(serverOptions);

  it('exchange messages, and close', async () => {
    const http = client({ ...clientOptions, tls: { rejectUnauthorized: false } });
    const options = { http, protocols: ['echo'], deflate: { threshold: 100 } };
    const { messages, protocol, ended } = await conversation(`${scheme}://localhost:${server.port}/`, options);
    expect(messages).toEqual(EXPECTED);
    expect(protocol).toBe('echo');
    expect(ended).toEqual({ code: 3001, reason: '', clean: true, error: undefined });
    expect(accepted.at(-1)).toBe(protocolOfHttp);
    http.close();
  });
});

describeWithPython("Python's websockets", () => {
  const server = ourServer();

  it('talks to our server', async () => {
    const { child, line } = python(`
import asyncio, websockets
async def main():
    async with websockets.connect('ws://127.0.0.1:${server.port}/', subprotocols=['echo'], max_size=None) as socket:
        for message in ['hello', '', 'aé€😀' * 40, b'', b'\\x01\\x02', b'ab' * 50000]:
            await socket.send(message)
            assert await socket.recv() == message
        await socket.send(['frag', 'ment'])
        print(await socket.recv(), socket.subprotocol, [e.name for e in socket.extensions])
        await asyncio.wait_for(await socket.ping(), 20)
        await socket.close(3000, 'bye')
    print(socket.close_code)
asyncio.run(main())`);
    expect(await line()).toBe("fragment echo ['permessage-deflate']");
    expect(await line()).toBe('3000');
    child.kill();
  });

  it('talks to our client', async () => {
    const { child, line } = python(`
import asyncio, websockets
async def echo(socket):
    async for message in socket:
        await socket.send(message)
async def main():
    async with websockets.serve(echo, '127.0.0.1', 0, max_size=None, subprotocols=['echo']) as server:
        print(server.sockets[0].getsockname()[1])
        await asyncio.Future()
asyncio.run(main())`);
    const http = client();
    try {
      const options = { http, protocols: ['echo'], deflate: { threshold: 0 } };
      const { messages, protocol, ended } = await conversation(`ws://127.0.0.1:${await line()}/`, options);
      expect(messages).toEqual(EXPECTED);
      expect(protocol).toBe('echo');
      expect(ended).toMatchObject({ code: 3001, clean: true });
    } finally {
      child.kill();
      http.close();
    }
  });
});

describeWith('chromium', 'Chromium', () => {
  const cleartext = ourServer();
  const secured = ourServer({ tls: true });

  it.each(['http', 'https'] as const)('talks to our server from a page of %s', async (scheme) => {
    const owner = await browser();
    try {
      const page = await owner.newPage();
      const { port } = scheme === 'http' ? cleartext : secured;
      await page.goto(`${scheme}://localhost:${port}/`);
      const program = `new Promise((resolve, reject) => {
        const socket = new WebSocket(location.href.replace('http', 'ws'), ['echo']);
        const received = [];
        socket.onopen = () => { socket.send('aé€😀'.repeat(1000)); socket.send(new Uint8Array(70000).fill(7)); };
        socket.binaryType = 'arraybuffer';
        socket.onerror = reject;
        socket.onmessage = ({ data }) => {
          received.push(typeof data === 'string' ? data.length : new Uint8Array(data).filter((octet) => octet === 7).length);
          if (received.length === 2) socket.close(3000, 'bye');
        };
        socket.onclose = ({ code, wasClean }) => resolve({ received, code, wasClean, protocol: socket.protocol, extensions: socket.extensions });
      })`;
      expect(await page.evaluate(program)).toEqual({
        received: [5000, 70000],
        code: 3000,
        wasClean: true,
        protocol: 'echo',
        extensions: 'permessage-deflate',
      });
      expect(accepted.at(-1)).toBe(scheme === 'http' ? 'http/1.1' : 'h2');
    } finally {
      await owner.close();
    }
  });
});
