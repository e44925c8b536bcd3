/**
 * The server of the fault matrix, in a process of its own, with two bystanders: a connection of HTTP/1.1 and one of HTTP/2 that have done
 * nothing wrong. After each fault the test checks their responses, the reports of the server, and everything that it still holds.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get as httpGet, type IncomingMessage } from 'node:http';
import * as http2 from 'node:http2';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Order, Report } from './fault-server.js';
import { PATIENCE } from '../patience.js';

/** Turns of an event loop: to accept, to shake hands, and to read, twice over. */
const TURNS = 12;

export class FaultServer {
  plain = 0;
  secure = 0;
  private child!: ChildProcess;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });
  private session!: http2.ClientHttp2Session;
  /** The reply that is waited for. */
  private latest: Promise<unknown> = Promise.resolve();
  /** The reports of the error stream since `under` began. */
  private told: string[] = [];
  /** Whose sockets are the test's to end. */
  private readonly sockets = new Set<Socket>();

  /** @param descriptors - the limit of the process: that of this one by default. */
  async start(descriptors?: number): Promise<void> {
    const limited = descriptors === undefined ? '' : `ulimit -n ${descriptors};`;
    const args = [process.execPath, '--expose-gc', 'scripts/run.mjs', 'test/kits/faults/fault-server.ts'];
    this.child = spawn('sh', ['-c', `${limited} exec "$0" "$@"`, ...args], {
      cwd: join(__dirname, '../../..'),
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    let said = '';
    for await (const text of this.child.stdout!.setEncoding('utf8') as AsyncIterable<string>) {
      said += text;
      if ((said.match(/listening/g) ?? []).length === 2) break;
    }
    this.plain = Number(/http:\S+:(\d+)/.exec(said)![1]);
    this.secure = Number(/https:\S+:(\d+)/.exec(said)![1]);
    this.session = http2.connect(`http://127.0.0.1:${this.plain}`).on('error', () => undefined);
    await this.bystanders();
  }

  order(order: Exclude<Order, 'turn'>): Promise<Report> {
    return this.ask(order) as Promise<Report>;
  }

  /** Sends `order`, and waits for the reply; one after the other, for a reply does not say what it is to. */
  private ask(order: Order): Promise<unknown> {
    const reply = this.latest.then(async () => {
      const replied = once(this.child, 'message') as Promise<[unknown]>;
      this.child.send(order);
      return (await replied)[0];
    });
    this.latest = reply.catch(() => undefined);
    return reply;
  }

  /**
   * Waits until the server has read everything that was written to it before. Its event loop has then turned so often that it has accepted
   * a connection, and read from it more than once.
   */
  async turns(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) {
      // The octets that this process relays go on meanwhile.
      await sleep(2);
      await this.ask('turn');
    }
  }

  /** Waits until the error stream has reported `code`, `times` times. */
  async reports(code: string, times = 1): Promise<void> {
    for (const begin = Date.now(); Date.now() - begin < PATIENCE; await sleep(20)) {
      this.told.push(...(await this.order('report')).faults);
      if (this.told.filter((told) => told === code).length >= times) return;
    }
    throw new Error(`it never reported ${code}`);
  }

  /** Asks on the two connections that are kept; what each of them got. */
  async bystanders(path = '/good'): Promise<readonly string[]> {
    return Promise.all([this.askH1(path), this.askH2(path)]);
  }

  /**
   * Lets something go wrong, and waits until the server is at rest again.
   *
   * @returns the codes of the error stream, then the records with an error that does not count as a fault, such as `aborted
   * connection-reset`.
   * @throws if a bystander is not served, the process had an uncaught error, or something is left.
   */
  async under(inject: () => Promise<unknown>): Promise<readonly string[]> {
    await this.bystanders();
    const before = await this.order('report');
    this.told = [];
    const records: string[] = [];
    const bystanders = this.bystanders('/slow');
    await inject();
    expect(await bystanders).toEqual(['200 slow', '200 slow']);
    expect(await this.bystanders()).toEqual(['200 good', '200 good']);
    const left = (report: Report): object => ({
      live: report.live,
      sockets: report.sockets - before.sockets,
      // A lane that has run out goes once nothing waits in it; earlier ones may be gone.
      descriptors: Math.max(0, report.descriptors - before.descriptors),
    });
    const nothing = { live: 0, sockets: 0, descriptors: 0 };
    for (let begin = Date.now(); ;) {
      const report = await this.order('report');
      this.told.push(...report.faults);
      records.push(...report.records);
      expect(report.uncaught).toEqual([]);
      const rest = left(report);
      if (JSON.stringify(rest) === JSON.stringify(nothing)) return [...this.told, ...records];
      if (Date.now() - begin > PATIENCE) expect(rest).toEqual(nothing);
      await sleep(30);
    }
  }

  /** A connection that is in the test's hands. */
  async dial(port = this.plain): Promise<Socket> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    this.sockets.add(socket.on('error', () => undefined));
    await once(socket, 'connect');
    return socket.setNoDelay();
  }

  /** A session of HTTP/2 of its own. */
  async h2(): Promise<http2.ClientHttp2Session> {
    const session = http2.connect(`http://127.0.0.1:${this.plain}`);
    await once(
      session.on('error', () => undefined),
      'connect',
    );
    return session;
  }

  /** Ends the sockets of a test. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }

  async stop(): Promise<void> {
    this.cut();
    this.agent.destroy();
    this.session.destroy();
    const ended = once(this.child, 'close');
    this.child.kill('SIGKILL');
    await ended;
  }

  private async askH1(path: string): Promise<string> {
    const request = httpGet({ port: this.plain, host: '127.0.0.1', path, agent: this.agent });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    let said = '';
    for await (const chunk of answer) said += String(chunk);
    return `${answer.statusCode} ${said}`;
  }

  private askH2(path: string): Promise<string> {
    return askOn(this.session, path);
  }
}

/** What `session` gets: the status and all of the content, or `broken`. */
export async function askOn(session: http2.ClientHttp2Session, path: string, content?: string): Promise<string> {
  const stream = session.request({ ':path': path, ':method': content === undefined ? 'GET' : 'POST' });
  stream.end(content);
  let status: number | undefined;
  let said = '';
  stream.on('response', (headers) => (status = headers[':status'])).on('error', () => undefined);
  stream.setEncoding('latin1').on('data', (text: string) => (said += text));
  await closing(stream);
  const whole = stream.rstCode === 0 && status !== undefined;
  return whole ? `${status} ${said}` : status === undefined ? 'broken' : `${status} broken`;
}

/** All that comes on `socket` until it is closed. */
export async function allOf(socket: Socket): Promise<string> {
  let said = '';
  socket.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')));
  socket.on('end', () => socket.end());
  await closing(socket);
  return said;
}

/** Waits until it is closed, however. */
function closing(stream: Duplex): Promise<void> {
  return new Promise((resolve) => (stream.closed ? resolve() : stream.once('close', () => resolve())));
}
