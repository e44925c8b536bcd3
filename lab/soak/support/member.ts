/** A process that takes part in the soak, as the one that started it sees it: it gets questions, and responds. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Answers, Asked, Told } from './asked.js';

/** ms for any response: the work that is asked for ends sooner, however busy the machine. */
const PATIENCE = 90_000;

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

export class Member<A extends Answers> {
  private readonly waiting = new Map<number, Waiting>();
  private count = 0;
  /** How it ended, where it was not asked to. */
  onDeath: (how: string) => void = () => undefined;
  onNews: (news: unknown) => void = () => undefined;
  private leaving = false;

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
  ) {
    child.on('message', (message: Told) => this.receive(message));
    child.on('exit', (code, signal) => this.gone(`${name} ended with ${code ?? signal ?? 'nothing'}`));
  }

  /** Starts `lab/build/soak/PROGRAM.mjs`, with `settings` as it finds them by `settings`. */
  static start<A extends Answers>(program: string, name: string, settings: object): Member<A> {
    // Beside the program that this was bundled into.
    const child = fork(fileURLToPath(new URL(`./${program}.mjs`, import.meta.url)), {
      execArgv: ['--expose-gc'],
      env: { ...process.env, SOAK_SETTINGS: JSON.stringify(settings) },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    return new Member<A>(name, child);
  }

  ask<K extends keyof A & string>(question: K, ...[data]: Parameters<A[K]>): Promise<Awaited<ReturnType<A[K]>>> {
    const id = this.count++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(id);
        reject(new Error(`${this.name} does not respond to ${question}`));
      }, PATIENCE);
      const over = <T extends (value: never) => void>(what: T): T =>
        ((value: never) => {
          clearTimeout(timer);
          what(value);
        }) as T;
      this.waiting.set(id, { resolve: over(resolve), reject: over(reject) });
      this.child.send({ id, question, data } satisfies Asked);
    });
  }

  /** The most memory that it ever had, bytes (VmHWM of proc(5)). */
  peakRss(): number {
    return Number(/^VmHWM:\s*(\d+) kB/m.exec(readFileSync(`/proc/${this.child.pid!}/status`, 'utf8'))?.[1]) * 1024;
  }

  /** Releases it, once it has responded to everything: a process without work then ends by itself. Returns whether this one did. */
  async leave(): Promise<boolean> {
    while (this.waiting.size > 0) await Promise.race([once(this.child, 'message'), once(this.child, 'exit')]);
    this.leaving = true;
    if (this.child.exitCode !== null || this.child.signalCode !== null) return false;
    const exit = once(this.child, 'exit') as Promise<[code: number | null]>;
    this.child.disconnect();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 20_000);
    const [code] = await exit;
    clearTimeout(timer);
    return code === 0;
  }

  kill(): void {
    this.leaving = true;
    this.child.kill('SIGKILL');
  }

  private receive({ id, answer, error, news }: Told): void {
    if (id === undefined) return this.onNews(news);
    const waiting = this.waiting.get(id);
    this.waiting.delete(id);
    if (error === undefined) waiting?.resolve(answer as never);
    else waiting?.reject(new Error(`${this.name}: ${error}`));
  }

  private gone(how: string): void {
    for (const { reject } of this.waiting.values()) reject(new Error(how));
    this.waiting.clear();
    if (!this.leaving) this.onDeath(how);
  }
}
