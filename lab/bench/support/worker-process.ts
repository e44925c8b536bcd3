/** Starts the measured end of a benchmark, gives it work, asks for its usage, and ends it. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Moved } from './moved.js';
import type { Answer, Task, Usage, UsageQuestion } from './worker.js';

/** ms for a server to start, or to respond. */
const PATIENCE = 20_000;

/**
 * Flags of Node for servers that move large bodies: V8's limit of the heap is eleven times the live heap.
 *
 * V8 counts buffers against a limit that it derives from the live heap, and from earlier collections. It collects the young generation at
 * 32 MiB of buffers. If the limit is lower, every few MiB of content cause a full collection, and an upload costs two to five times as
 * much. Any server can be affected, `node:http` too: it depends on the imports, and on chance. Measured: 0.65 s CPU/GiB of either at heaps
 * of 5 and 20 MiB; 1.03 of `node:http` at 8.7 MiB, 1.1 of rxpaf at 9.1 MiB.
 */
export const ROOMY_HEAP = ['--heap-growing-percent=1000'];

export class WorkerProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  /** Starts NAME, of `bench`, with `env` and flags of Node, and waits until it is there. */
  static async start(
    name: string,
    env: Readonly<Record<string, string>> = {},
    flags: readonly string[] = [],
  ): Promise<WorkerProcess> {
    const child = fork(fileURLToPath(new URL(`./${name}.mjs`, import.meta.url)), {
      execArgv: ['--expose-gc', ...flags],
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const answer = await reply(child, `${name} did not start`);
    if (answer.kind !== 'listening') throw new Error(`${name} sent ${answer.kind} before it listened`);
    return new WorkerProcess(child, answer.port);
  }

  async work(task: Task): Promise<Moved> {
    const answered = reply(this.child, 'the client does not respond', PATIENCE + task.seconds * 1000);
    this.child.send(task);
    const answer = await answered;
    if (answer.kind === 'done') return answer.moved;
    throw new Error(answer.kind === 'failed' ? answer.reason : `given work, the client sent ${answer.kind}`);
  }

  async usage(question: UsageQuestion = 'usage'): Promise<Usage> {
    const answered = reply(this.child, 'the server does not respond');
    this.child.send(question);
    const answer = await answered;
    if (answer.kind !== 'usage') throw new Error(`asked for usage, the server sent ${answer.kind}`);
    return answer.usage;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.disconnect();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 5_000);
    await gone;
    clearTimeout(timer);
  }
}

/** The next message of `child`; its end, or too long a silence, is an error. */
function reply(child: ChildProcess, complaint: string, patience = PATIENCE): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      clearTimeout(timer);
      child.off('message', onMessage).off('exit', onExit);
    };
    const onMessage = (message: unknown): void => {
      done();
      resolve(message as Answer);
    };
    const onExit = (code: number | null): void => {
      done();
      reject(new Error(`${complaint}: it ended with code ${code ?? 'none'}`));
    };
    const timer = setTimeout(() => {
      done();
      child.kill('SIGKILL');
      reject(new Error(`${complaint} within ${patience} ms`));
    }, patience);
    child.on('message', onMessage).on('exit', onExit);
  });
}
