/** Starts the program of served-program.ts, and asks it what it holds. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from './served-program.js';

const PROGRAM = `
  const { bundle } = await import('./scripts/bundle.mjs');
  await import(bundle('test/kits/sockets/served-program.ts'));`;

export class ServerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly plain: number,
    readonly secure: number,
  ) {}

  static async start(): Promise<ServerProcess> {
    const child = spawn(process.execPath, ['--expose-gc', '--input-type=module', '-e', PROGRAM], {
      cwd: join(__dirname, '../../..'),
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const [{ plain, secure }] = (await once(child, 'message')) as [{ plain: number; secure: number }];
    return new ServerProcess(child, plain, secure);
  }

  get url(): string {
    return `http://127.0.0.1:${this.plain}`;
  }

  async report(): Promise<Report> {
    this.child.send('report');
    return ((await once(this.child, 'message')) as [Report])[0];
  }

  /** Asks until the report is as wished, for a while; gives the last one. */
  async settles(wished: (report: Report) => boolean): Promise<Report> {
    for (let turn = 0; ; turn++) {
      const report = await this.report();
      if (wished(report) || turn === 300) return report;
      await sleep(50);
    }
  }

  async stop(): Promise<void> {
    const ended = once(this.child, 'close');
    this.child.kill('SIGKILL');
    await ended;
  }
}

/** A socket whose errors are heard by nobody. */
export function dial(port: number): Socket {
  return connect({ port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => undefined);
}

/** All that comes back for `wire`; `end`: our side is ended after it. */
export async function exchange(port: number, wire: string, end = false): Promise<string> {
  const socket = dial(port);
  let said = '';
  socket.setEncoding('latin1').on('data', (text: string) => (said += text));
  if (end) socket.end(wire, 'latin1');
  else socket.write(wire, 'latin1');
  await once(socket, 'end');
  socket.destroy();
  return said;
}
