/**
 * Runs a program (program.ts) on an engine, under all the invariants. The outcome is lines, the same for every way to cut the peer's input:
 * the events of the engine, its output, and its state at the end.
 */
import { Output } from '../../../src/bytes.js';
import type { Awaiting } from '../../../src/engine.js';
import { DEFAULT_LIMITS } from '../../../src/limits.js';
import type { Limits } from '../../../src/limits.js';
import { latin1Of } from '../h1/reading.js';
import { Application, CREDITS_AT_ONCE } from './application.js';
import type { AnyEngine } from './application.js';
import { anywhere, betweenLines, byteByByte, inOnePiece } from './cuts.js';
import type { Cut } from './cuts.js';
import { bounded, reports, same, withinWork } from './invariants.js';
import type { Ledger } from './ledger.js';
import { parseProgram } from './program.js';
import type { Program, Step, Wrap } from './program.js';
import { retained } from './retained.js';
import { Broken } from './subject.js';
import type { Subject } from './subject.js';

/** Bits of a program's first byte that all connections have, beside those of the application. */
export const WIDE = 4;

/** So little that short inputs are too much. */
const NARROW: Limits = {
  ...DEFAULT_LIMITS,
  ...{ requestTarget: 64, headerSection: 256, headerList: 512, headerFields: 6, chunkOverhead: 64, discardedBody: 64 },
  ...{ pipelinedRequests: 3, bodyWindow: 64, concurrentStreams: 3, resetBurst: 4, resetRate: 1 },
  ...{ queuedControlFrames: 6, emptyFrames: 4, continuationFrames: 2 },
};

export interface ConnectionKind {
  readonly role: 'server' | 'client';
  create(limits: Limits, config: number, ledger: Ledger): AnyEngine;
  /** What is done before anything comes. */
  started?(engine: AnyEngine, config: number): void;
  readonly wrap: Wrap;
  /** What the peer begins with, before all that the input says. */
  begins(config: number): Buffer;
  /** Whether the outcome may not depend on the cuts, with such a config. */
  comparable(config: number): boolean;
  /** The outcome, without what may depend on the cuts. */
  normal(lines: readonly string[], output: Buffer): string[];
  /** Bytes that the engine may keep, beside what it is given to send, with narrow limits and with wide ones. */
  readonly keeps: readonly [narrow: number, wide: number];
  /** And as long as something waits to be pulled: it stops reading when so much does. */
  readonly waiting: number;
}

const AWAITING: readonly Awaiting[] = ['preface', 'head', 'idle', 'exchange'];

export function connectionSubject(
  kind: ConnectionKind,
  about: Pick<Subject, 'name' | 'about' | 'covers' | 'seeds' | 'tokens'>,
): Subject {
  const outcomeOf = (program: Program, how: Cut): string[] => {
    const run = new Run(kind, program, how);
    return withinWork(program.size + 16 * program.steps.length, () => run.whole());
  };
  return {
    ...about,
    longest: 1024,
    run: (input) => outcomeOf(parseProgram(input, kind.wrap), inOnePiece),
    again(input, outcome) {
      const program = parseProgram(input, kind.wrap);
      const pieces = [
        ['byte by byte', byteByByte],
        ['anywhere', anywhere],
      ] as const;
      for (const [name, how] of pieces) {
        const lines = outcomeOf(program, how);
        if (!kind.comparable(program.config)) continue;
        try {
          same(outcome as string[], lines, name);
        } catch (error) {
          // An error in an incomplete line may be reported late, so the actions within a line are moved after it.
          const later = betweenLines(program);
          if (later === program) throw error;
          same(outcomeOf(later, inOnePiece), outcomeOf(later, how), name);
        }
      }
    },
  };
}

class Run {
  private readonly application: Application;
  private readonly engine: AnyEngine;
  private readonly limits: Limits;
  private readonly output = new Output();
  private readonly written: Uint8Array[] = [];
  /** What came while the engine wanted no input. */
  private readonly held: Buffer[] = [];
  private longestPiece = 0;

  constructor(
    private readonly kind: ConnectionKind,
    private readonly program: Program,
    private readonly how: Cut,
  ) {
    const { config } = program;
    this.limits = (config & WIDE) === 0 ? NARROW : DEFAULT_LIMITS;
    this.application = new Application(kind.role, config);
    this.engine = kind.create(this.limits, config, this.application.ledger);
    this.application.engine = this.engine;
  }

  whole(): string[] {
    const { engine, program, application } = this;
    this.kind.started?.(engine, program.config);
    this.receive(this.kind.begins(program.config));
    // A client without requests gets no events.
    if (this.kind.role === 'client') application.open(program.config >> 4);
    for (const step of program.steps) {
      if (step.kind === 'wire') this.receive(step.bytes);
      else this.act(step);
      this.checkMemory();
    }
    this.pullAll();
    const before = this.standing();
    const { state } = engine;
    const rest = Buffer.concat([state === 'upgraded' ? engine.leftover() : Buffer.alloc(0), ...this.held]);
    if (state !== 'closing') {
      this.eof();
      this.pullAll();
    }
    if (this.standing().startsWith('closing')) this.nothingFollows();
    return [
      ...this.kind.normal(application.ledger.lines, Buffer.concat(this.written)),
      // Before it ends, a line of HTTP/1.1 that is not whole may be wrong without a report.
      `at the end: ${engine.protocol === 'h2' ? before : this.standing()}`,
      `leftover: ${state === 'upgraded' ? latin1Of(rest) : ''}`,
    ];
  }

  private standing(): string {
    const { state, awaiting, torn } = this.engine;
    return state === 'closing' ? `closing${torn ? ' torn' : ''}` : `${state} ${awaiting}`;
  }

  private receive(bytes: Buffer): void {
    for (const piece of this.how(bytes)) {
      this.longestPiece = Math.max(this.longestPiece, piece.length);
      this.held.push(piece);
      this.offer();
    }
  }

  /** Input goes in as long as it is wanted. */
  private offer(): void {
    const { engine, held, application } = this;
    while (held.length > 0 && engine.wantsInput) {
      reports('receive', () => engine.receive(held.shift()!, application.now));
    }
  }

  private act({ action, argument }: Step & { kind: 'act' }): void {
    const { engine, application } = this;
    if (action === 'time') application.now += argument * 50;
    else if (action === 'timeout') reports('timeout', () => engine.timeout(engine.awaiting));
    else if (action === 'shutdown') reports('shutdown', () => engine.shutdown());
    else if (action === 'pull') this.pull(1 << (argument % 18));
    else if (action === 'eof') {
      if (argument % 4 === 0) this.eof();
    } else reports(action, () => application.does(action, argument));
    this.offer();
  }

  private eof(): void {
    // Nothing comes after the end: the held bytes came before it.
    if (this.held.length === 0) reports('receiveEof', () => this.engine.receiveEof(this.application.now));
  }

  private pull(budget: number): number {
    const { engine, output } = this;
    reports('pull', () => engine.pull(output, budget));
    const { size } = output;
    if (size > 0) this.written.push(Buffer.from(output.toBytes()));
    output.clear();
    this.application.pulled();
    return size;
  }

  private pullAll(): void {
    while (this.engine.hasOutput) {
      const told = this.application.ledger.lines.length;
      if (this.pull(1 << 16) === 0 && told === this.application.ledger.lines.length) break;
      this.offer();
    }
  }

  /** The memory that the engine keeps, and the bytes that it has reported and not got back. */
  private checkMemory(): void {
    // In one piece, what it keeps is the piece.
    if (this.how !== byteByByte) return;
    const { application, engine, kind, limits } = this;
    const kept = retained(engine, [application.ledger, application, limits]);
    const own = kind.keeps[limits === NARROW ? 0 : 1];
    if (engine.hasOutput) bounded('an engine that waits', kept, own + application.given + kind.waiting);
    else bounded('an engine', kept, own + application.given);
    if ((this.program.config & CREDITS_AT_ONCE) !== 0 || engine.protocol === 'h2') return;
    for (const { uncredited } of application.ledger.streams.values()) {
      bounded('content that nobody has read', uncredited, limits.bodyWindow);
    }
  }

  /** Once it is closing: no call causes an event, nor output. */
  private nothingFollows(): void {
    const { application, engine, program } = this;
    const { lines, streams } = application.ledger;
    const told = lines.length;
    const again = program.steps.find((step) => step.kind === 'wire')?.bytes ?? Buffer.from('GET / HTTP/1.1\r\n\r\n');
    reports('receive, at the end', () => engine.receive(again, application.now));
    for (const each of AWAITING) reports('timeout, at the end', () => engine.timeout(each));
    for (const id of streams.keys()) {
      reports('credit, at the end', () => engine.credit(id, 1));
      reports('discard, at the end', () => engine.discard(id));
      reports('abort, at the end', () => engine.abort(id, 'CANCEL'));
    }
    reports('shutdown, at the end', () => engine.shutdown());
    reports('receiveEof, at the end', () => engine.receiveEof(application.now));
    if (lines.length > told) throw new Broken('an event after the end', lines);
    if (!this.standing().startsWith('closing')) throw new Broken(`after the end it is ${this.standing()}`, lines);
    if (engine.hasOutput) throw new Broken('output after the end', lines);
  }
}
