/**
 * A load of small HTTP/1.1 requests, on sockets of `node:net`. To be light it does no more than it must. All responses of one server have
 * one length, which the first one shows, so later ones are counted by their bytes.
 */
import { connect, type Socket } from 'node:net';
import { Latencies } from './latencies.js';

export interface Load {
  /** Responses that came. */
  readonly requests: number;
  /** From the first request to the last response. */
  readonly seconds: number;
  readonly latencies: Latencies;
}

/** ms without a response after which the server is given up. */
const PATIENCE = 20_000;

/** How many connect at once: fewer than a listener's backlog. */
const AT_ONCE = 128;

/** All connections read into it, each when its turn comes: thousands of them, and no more memory. */
const READ_BUFFER = Buffer.allocUnsafe(32 * 1024);

const H = 0x48;

/** The length of the response that `bytes` begin with, head and content. */
export function responseSize(bytes: Buffer): number {
  const headEnd = bytes.indexOf('\r\n\r\n');
  const head = bytes.toString('latin1', 0, headEnd);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head);
  if (headEnd < 0 || length === null || !head.startsWith('HTTP/1.1 200 ')) {
    throw new Error(`not the head of a response with a Content-Length: ${JSON.stringify(head.slice(0, 200))}`);
  }
  return headEnd + 4 + Number(length[1]);
}

/** What all connections of a load share. */
class Run {
  requests = 0;
  latencies = new Latencies();
  until = 0;
  running = 0;
  size = 0;
  done: () => void = () => undefined;
  failed: (error: Error) => void = () => undefined;
}

class Client {
  private readonly socket: Socket;
  private waiting = 0;
  private outstanding = 0;
  private started = 0;

  constructor(
    port: number,
    private readonly request: string,
    private readonly depth: number,
    private readonly run: Run,
    connected: () => void,
  ) {
    this.socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: READ_BUFFER,
        callback: (size, buffer) => {
          this.receive(size, buffer as Buffer);
          return true;
        },
      },
    });
    this.socket.setTimeout(PATIENCE, () => this.socket.destroy(new Error('the server does not respond')));
    this.socket.on('connect', connected);
    this.socket.on('error', (error) => run.failed(error));
    this.socket.on('end', () => run.failed(new Error('the server closed a connection')));
  }

  send(now: number): void {
    this.outstanding = this.depth;
    this.started = now;
    this.socket.write(this.request, 'latin1');
  }

  close(): void {
    this.socket.removeAllListeners('end').destroy();
  }

  private receive(size: number, buffer: Buffer): void {
    const { run } = this;
    if (run.size === 0) run.size = responseSize(buffer.subarray(0, size));
    if (this.waiting === 0 && buffer[0] !== H) return run.failed(new Error('a response of another length'));
    this.waiting += size;
    const complete = Math.floor(this.waiting / run.size);
    if (complete === 0) return;
    this.waiting -= complete * run.size;
    const now = performance.now();
    run.requests += complete;
    run.latencies.add(now - this.started, complete);
    this.outstanding -= complete;
    if (this.outstanding > 0) return;
    if (now < run.until) this.send(now);
    else if (--run.running === 0) run.done();
  }
}

/** Connections that ask for `/` again and again. */
export class HelloLoad {
  private constructor(
    private readonly clients: readonly Client[],
    private readonly run: Run,
  ) {}

  /** `depth`: requests that are sent at once on a connection, before the first response. */
  static async open(port: number, connections: number, depth: number): Promise<HelloLoad> {
    const request = `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: */*\r\n\r\n`.repeat(depth);
    const run = new Run();
    const clients: Client[] = [];
    while (clients.length < connections) {
      const count = Math.min(AT_ONCE, connections - clients.length);
      const batch = await new Promise<Client[]>((resolve, reject) => {
        let connecting = count;
        run.failed = reject;
        const connected = (): void => {
          if (--connecting === 0) resolve(made);
        };
        const made = Array.from({ length: count }, () => new Client(port, request, depth, run, connected));
      });
      clients.push(...batch);
    }
    return new HelloLoad(clients, run);
  }

  /** Sends requests for `seconds`; at the end, every request has its response. */
  async ask(seconds: number): Promise<Load> {
    const { run, clients } = this;
    run.requests = 0;
    run.latencies = new Latencies();
    const begin = performance.now();
    run.until = begin + seconds * 1000;
    run.running = clients.length;
    await new Promise<void>((resolve, reject) => {
      run.done = resolve;
      run.failed = reject;
      for (const client of clients) client.send(performance.now());
    });
    return { requests: run.requests, seconds: (performance.now() - begin) / 1000, latencies: run.latencies };
  }

  close(): void {
    for (const client of this.clients) client.close();
  }
}
