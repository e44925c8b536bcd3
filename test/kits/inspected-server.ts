/** Runs `npm start` as a process of its own, and measures what its memory retains after a garbage collection. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { WebSocket } from 'undici';

/** A server with an inspector, which collects garbage before a measurement. Its log is discarded. */
export class InspectedServer {
  readonly urls: Promise<readonly [cleartext: string, secure: string]>;
  private readonly child: ChildProcess;
  private readonly inspector: Promise<string>;

  constructor() {
    const args = ['--inspect=127.0.0.1:0', 'scripts/example.mjs', 'start'];
    const env = { ...process.env, PORT: '0', TLS_PORT: '0', HOST: '127.0.0.1' };
    this.child = spawn(process.execPath, args, {
      cwd: join(__dirname, '../..'),
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const says = (stream: 'stdout' | 'stderr', patterns: readonly RegExp[]): Promise<string[]> =>
      new Promise((resolve) => {
        let said: string | undefined = '';
        this.child[stream]!.setEncoding('utf8').on('data', (text: string) => {
          if (said === undefined) return;
          said += text;
          const found = patterns.map((pattern) => pattern.exec(said!)?.[1]);
          if (!found.every((match) => match !== undefined)) return;
          // The log that follows has a million lines.
          said = undefined;
          resolve(found);
        });
      });
    const addresses = says('stdout', [/listening on (http:\S+)\n/, /listening on (https:\S+)\n/]);
    this.urls = addresses.then(([cleartext, secure]) => [cleartext!, secure!]);
    this.inspector = says('stderr', [/Debugger listening on (ws:\S+)/]).then(([url]) => url!);
  }

  /** Bytes after a garbage collection: of the heap, outside the heap, and of the process. */
  async memory(): Promise<{ readonly heap: number; readonly external: number; readonly rss: number }> {
    const socket = new WebSocket(await this.inspector);
    await once(socket, 'open');
    const ask = async (id: number, method: string, params = {}): Promise<Record<string, unknown>> => {
      socket.send(JSON.stringify({ id, method, params }));
      for (;;) {
        const [event] = (await once(socket, 'message')) as [{ readonly data: string }];
        const answer = JSON.parse(event.data) as { readonly id?: number; readonly result: Record<string, unknown> };
        if (answer.id === id) return answer.result;
      }
    };
    await ask(1, 'HeapProfiler.collectGarbage');
    const usage = await ask(2, 'Runtime.getHeapUsage');
    const expression = 'Object.assign({}, process.memoryUsage())';
    const { result } = (await ask(3, 'Runtime.evaluate', { expression, returnByValue: true })) as {
      result: { value: { rss: number; external: number } };
    };
    socket.close();
    const { rss, external } = result.value;
    return { heap: Number(usage['usedSize']), external, rss };
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await once(this.child, 'close');
  }
}
