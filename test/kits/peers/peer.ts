/** The shared parts of tests of the client against outside servers: those servers as processes, clients that end, and quick responses. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  client,
  type Client,
  type ClientConnection,
  ClientError,
  type ClientOptions,
  type ClientResponse,
  connect,
  type ConnectOptions,
  Context,
  HOST,
  PORT,
  resolve,
  SCHEME,
  TLS_OPTIONS,
} from 'rxpaf';
import { firstValueFrom, type Observable, type Subscription, switchMap } from 'rxjs';
import { PATIENCE } from '../patience.js';

export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

export const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Lets the event loop turn, so that bytes between two sockets of this process arrive, and have their effects. */
export async function turns(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await sleep(2);
}

/** Looks until it is so. */
export async function becomes(what: () => boolean, name = String(what)): Promise<void> {
  for (const begin = Date.now(); !what(); await sleep(10)) {
    if (Date.now() - begin > PATIENCE) throw new Error(`it never became so: ${name}`);
  }
}

// Servers.

/** A directory for a server's configuration and files, removed after the tests. */
export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'rxpaf-peer-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A server of somebody else, as a process of its own. */
export class Peer {
  /** All that it printed. */
  output = '';
  private readonly child: ChildProcess;
  private readonly ended: Promise<void>;

  constructor(command: string, args: readonly string[]) {
    // Servers are often where only an administrator's PATH leads.
    const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` };
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    }
    this.ended = new Promise((done) => this.child.once('close', () => done()).once('error', () => done()));
  }

  get runs(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null && this.child.pid !== undefined;
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Waits until `port` accepts; false where the process ended first. */
  async accepts(port: number): Promise<boolean> {
    for (const begin = Date.now(); this.runs && Date.now() - begin < PATIENCE; await sleep(20)) {
      if (await isAccepting(port)) return this.runs;
    }
    return false;
  }

  /** Ends it, and waits until it has. */
  async stop(): Promise<void> {
    if (!this.runs) return;
    this.signal('SIGTERM');
    const hard = setTimeout(() => this.signal('SIGKILL'), PATIENCE / 3);
    await this.ended;
    clearTimeout(hard);
  }
}

function isAccepting(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connectTcp({ port, host: '127.0.0.1' });
    socket.once('connect', () => done(true)).once('error', () => done(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** A port that nobody listens on now. Somebody may a moment later: see `launch`. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

/** Starts a server that needs its ports as arguments: with others, if another process was quicker to take one. */
export async function launch(count: number, begin: (ports: readonly number[]) => Peer): Promise<[Peer, number[]]> {
  let output = '';
  for (let attempt = 0; attempt < 5; attempt++) {
    const ports = await Promise.all(Array.from({ length: count }, freePort));
    const peer = begin(ports);
    const accepting = await Promise.all(ports.map((port) => peer.accepts(port)));
    if (accepting.every(Boolean)) return [peer, ports];
    await peer.stop();
    output = peer.output;
  }
  throw new Error(`it did not begin:\n${output}`);
}

// Clients.

const toError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)));

const open: (() => void)[] = [];

afterEach(() => {
  for (const end of open.splice(0)) end();
});

/** A client that trusts any certificate, does not repeat requests, and ends after the test. */
export function clientOf(options: ClientOptions = {}): Client {
  const made = client({ retry: false, tls: { rejectUnauthorized: false }, ...options });
  open.push(() => made.close());
  return made;
}

/** A connection of its own, which ends after the test. `ended` is how: undefined for well. */
export interface Connected<C extends ClientConnection = ClientConnection> {
  readonly connection: C;
  readonly subscription: Subscription;
  readonly ended: Promise<unknown>;
}

/** Connects to `url`'s host and port. */
export async function connected<C extends ClientConnection = ClientConnection>(
  url: string,
  options: ConnectOptions = {},
): Promise<Connected<C>> {
  const { protocol, hostname, port } = new URL(url);
  const scheme = protocol === 'https:' ? 'https' : 'http';
  const context = Context.EMPTY.add(SCHEME, scheme).add(HOST, hostname).add(PORT, Number(port));
  const flows = resolve(scheme === 'https' ? context.add(TLS_OPTIONS, { rejectUnauthorized: false }) : context);
  return new Promise((done, failed) => {
    let end: (how: unknown) => void = () => undefined;
    const ended = new Promise<unknown>((how) => (end = how));
    const subscription = flows.pipe(switchMap((flow) => connect(flow, { scheme, ...options }))).subscribe({
      next: (connection) => done({ connection: connection as C, subscription, ended }),
      error: (error: unknown) => {
        failed(toError(error));
        end(error);
      },
      complete: () => end(undefined),
    });
    open.push(() => subscription.unsubscribe());
  });
}

/** The one response, with all of its content. */
export async function whole(responses: Observable<ClientResponse>): Promise<[ClientResponse, Uint8Array]> {
  const response = await firstValueFrom(responses);
  return [response, await firstValueFrom(response.body.bytes())];
}

/** Its status and its content as text. */
export async function told(responses: Observable<ClientResponse>): Promise<[status: number, content: string]> {
  const [response, content] = await whole(responses);
  return [response.status, Buffer.from(content).toString()];
}

/** What it failed with. */
export async function failureOf(work: Observable<unknown> | Promise<unknown>): Promise<ClientError> {
  try {
    const value = await (work instanceof Promise ? work : firstValueFrom(work));
    throw new Error(`it did not fail: ${String(value)}`);
  } catch (error) {
    if (error instanceof ClientError) return error;
    throw error;
  }
}
