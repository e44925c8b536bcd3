/** WebSockets of other libraries, as far as the tests use them: `ws`, and Python's `websockets`. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';

/** A socket of `ws`. */
export interface WsSocket {
  readonly protocol: string;
  readonly extensions: string;
  on(event: string, listener: (...values: never[]) => void): this;
  once(event: string, listener: (...values: never[]) => void): this;
  send(data: string | Uint8Array): void;
  ping(data: string): void;
  pause(): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
}

interface WsServer {
  on(event: 'connection', listener: (socket: WsSocket) => void): this;
  once(event: string, listener: () => void): this;
  address(): AddressInfo;
  close(): void;
}

interface WsModule {
  readonly WebSocket: new (url: string, protocols: readonly string[], options: object) => WsSocket;
  readonly WebSocketServer: new (options: object) => WsServer;
}

const { WebSocket: WsClient, WebSocketServer } = createRequire(__filename)('ws') as WsModule;

/** A message of `ws`: text or bytes. */
export type WsMessage = string | Buffer;

/** Opens a socket of `ws`. */
export async function wsClient(
  url: string,
  options: object = {},
  protocols: readonly string[] = [],
): Promise<WsSocket> {
  const socket = new WsClient(url, protocols, options);
  await once(socket as unknown as NodeJS.EventEmitter, 'open');
  return socket;
}

/** The next `count` messages. */
export function messagesOf(socket: WsSocket, count: number): Promise<WsMessage[]> {
  const messages: WsMessage[] = [];
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      messages.push(isBinary ? data : data.toString());
      if (messages.length === count) resolve(messages);
    });
  });
}

/** The code and the reason of its end. */
export function closeOf(socket: WsSocket): Promise<[number, string]> {
  return new Promise((resolve) => {
    socket.once('close', (code: number, reason: Buffer) => resolve([code, reason.toString()]));
  });
}

/** A server of `ws` on a free port. */
export async function wsServer(
  options: object,
  serve: (socket: WsSocket) => void,
): Promise<{ readonly port: number; close(): void }> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  server.on('connection', serve);
  await once(server as unknown as NodeJS.EventEmitter, 'listening');
  return { port: server.address().port, close: () => server.close() };
}

/** The Python of the system, which has the packages of Debian. */
const PYTHON = '/usr/bin/python3';

const hasWebsockets = spawnSync(PYTHON, ['-c', 'import websockets']).status === 0;

/** A group of tests that needs Python's `websockets`: skipped without it, but not in CI. */
export function describeWithPython(title: string, tests: () => void): void {
  if (hasWebsockets || process.env['CI'] !== undefined) describe(title, tests);
  else describe.skip(`${title} (python3-websockets is not installed)`, tests);
}

/** Runs a program of Python; its lines are read one by one. */
export function python(program: string): { readonly child: ChildProcess; readonly line: () => Promise<string> } {
  const child = spawn(PYTHON, ['-u', '-c', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    line: async () => {
      const next = await lines.next();
      if (next.done === true) throw new Error('the program of Python ended');
      return next.value;
    },
  };
}
