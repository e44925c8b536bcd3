/**
 * Servers that mean harm, and a watch over their client. While a request to one lasts, requests to another origin get their responses. Its
 * outcome is one line of text. After it no connection is left, no error was reported twice, and memory is where it was.
 */
import type { Server, Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions, type TLSSocket } from 'node:tls';
import { type Client, ClientError, type ClientOptions, type ClientRequestInit, type ClientResponse } from 'rxpaf';
import { config, type Observable } from 'rxjs';
import { selfSigned } from '../certificate.js';
import { listening, type Listening, rawServer } from '../peers/node-server.js';
import { becomes, clientOf, sleep, told } from '../peers/peer.js';

/** What a client may grow by, in bytes: far above what its collector lets lie about, far below what a leak takes. */
const FLAT = 160 * 1024 * 1024;

/** What a flood sends at most: well above `FLAT`, should anybody keep it. */
export const FLOOD = 2 * FLAT;

/** ms: short enough to wait for, long enough for a server in the same process on a busy machine. */
export const SOON = 1500;

/** The time limits of a client that is not to wait for long. */
export const HURRIED = {
  headTimeout: SOON,
  bodyTimeout: SOON,
  settingsTimeout: SOON,
  handshakeTimeout: SOON,
  lingerTimeout: SOON,
};

/** Errors that reached a subscriber after its end: RxJS swallows them, and the bug with them. */
const strays: unknown[] = [];

beforeAll(() => {
  config.onStoppedNotification = (notification) => {
    if (notification.kind === 'E') strays.push(notification.error);
  };
  config.onUnhandledError = (error) => strays.push(error);
});

afterAll(() => {
  config.onStoppedNotification = null;
  config.onUnhandledError = null;
});

/** What a server does with a connection. */
export type Behaviour = (socket: Socket) => void;

/** Reads whatever comes, so that the end of the connection is seen. */
function heeding(behaviour: Behaviour): Behaviour {
  return (socket) => {
    socket.setNoDelay().on('error', () => undefined);
    behaviour(socket);
    socket.resume();
  };
}

export function hostileServer(behaviour: Behaviour): Promise<Listening<Server>> {
  return rawServer(heeding(behaviour));
}

/** The same after a TLS handshake. */
export async function hostileTlsServer(behaviour: Behaviour, options: TlsOptions = {}): Promise<Listening<Server>> {
  const server = createTlsServer({ ...(await selfSigned()), ...options });
  server.on('tlsClientError', () => undefined);
  server.on('secureConnection', (socket: TLSSocket) => heeding(behaviour)(socket));
  return listening(server, 'https');
}

/** Calls `answer` for each head of HTTP/1.1 that comes. */
export function asked(answer: (socket: Socket, head: string) => void): Behaviour {
  return (socket) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const head = text.slice(0, end + 4);
        text = text.slice(end + 4);
        answer(socket, head);
      }
    });
  };
}

/** What was sent of a flood, in bytes. */
export class Flood {
  sent = 0;

  /** Says `bytes` again and again, as fast as they are taken, until the connection ends; or `FLOOD` bytes of it. */
  pour(socket: Socket, bytes: Uint8Array, most = FLOOD): void {
    const write = (): void => {
      while (socket.writable && this.sent < most) {
        this.sent += bytes.length;
        if (!socket.write(bytes)) return void socket.once('drain', write);
      }
    };
    write();
  }
}

/** `bytes` one at a time, each in a turn of its own. */
export async function dribble(socket: Socket, bytes: Uint8Array): Promise<void> {
  for (let index = 0; index < bytes.length && socket.writable; index++) {
    socket.write(bytes.subarray(index, index + 1));
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/**
 * The outcome of a request. `"content"`, or its length if that is large, after the status; the code of its error alone, or after the
 * content that came.
 */
export function outcomeOf(responses: Observable<ClientResponse>): Promise<string> {
  return new Promise((done) => {
    let response: ClientResponse | undefined;
    responses.subscribe({
      next: (came) => (response = came),
      error: (error: unknown) => done(codeOf(error)),
      complete: () => {
        const { status, body } = response!;
        void contentOf(body).then((content) => done(`${status} ${content}`));
      },
    });
  });
}

/** The same of content alone. */
export function contentOf(body: Observable<Uint8Array>): Promise<string> {
  let size = 0;
  let text = '';
  const told = (): string => (size > 40 ? `(${size})` : JSON.stringify(text));
  return new Promise((done) =>
    body.subscribe({
      next: (chunk) => {
        size += chunk.length;
        if (size <= 40) text += Buffer.from(chunk).toString('latin1');
      },
      error: (error: unknown) => done(size === 0 ? codeOf(error) : `${told()} ${codeOf(error)}`),
      complete: () => done(told()),
    }),
  );
}

export function codeOf(error: unknown): string {
  if (!(error instanceof ClientError)) return `no ClientError: ${String(error)}`;
  return error.reason === undefined ? error.code : `${error.code} ${error.reason}`;
}

/** How a client is to ask. */
export interface Asking extends ClientOptions {
  readonly init?: ClientRequestInit;
}

/** How a GET of `url` ends. @throws unless every other request succeeds, and nothing is left of the client after it. */
export function outcome({ url }: { readonly url: string }, { init, ...options }: Asking = {}): Promise<string> {
  return suffers(options, (http) => outcomeOf(http.get(url, init)));
}

/** Lets `work` ask hostile servers, while others are asked, too. @throws as `outcome` does. */
export async function suffers<T>(options: ClientOptions, work: (http: Client) => Promise<T>): Promise<T> {
  strays.length = 0;
  const calm = process.memoryUsage().rss;
  const harmless = await rawServer(asked((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine')));
  const http = clientOf(options);
  const other = clientOf();
  let lasting = true;
  const working = work(http).finally(() => (lasting = false));
  working.catch(() => undefined);
  let most = 0;
  do {
    // Of the same client where that speaks HTTP/1.1: its other origins are to go on.
    const asking = options.protocols?.includes('http/1.1') === false ? other : http;
    expect(await told(asking.get(harmless.url))).toEqual([200, 'fine']);
    most = Math.max(most, process.memoryUsage().rss);
    await sleep(2);
  } while (lasting);
  const result = await working;
  http.shutdown();
  other.shutdown();
  await becomes(() => openSockets() === 0, 'no connection is left');
  await becomes(() => http['pools'].size + http['awaitingRetry'].size === 0, 'nothing is left in the pool');
  expect(strays).toEqual([]);
  if (process.env['TELL'] !== undefined) {
    const grown = ((most - calm) / 1048576).toFixed(0);
    process.stderr.write(`${expect.getState().currentTestName!}: ${JSON.stringify(result)}, +${grown} MiB\n`);
  }
  expect(most - calm).toBeLessThan(FLAT);
  return result;
}

/** Sockets of this process that are open, of either end. */
export function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
}
