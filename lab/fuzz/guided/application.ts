/**
 * A program that uses an engine as an input directs it (program.ts): it responds, requests, reads and gives up, lawfully as far as
 * `canSend` and `capacity` describe the state. An unlawful call throws a TypeError, which is ignored.
 */
import type { ClientEngine, Engine } from '../../../src/engine.js';
import type { H2ClientEngine, H2ServerEngine } from '../../../src/h2/index.js';
import { ProtocolError } from '../../../src/errors.js';
import { Fields } from '../../../src/http/fields.js';
import type { RequestHead, ResponseHead } from '../../../src/http/head.js';
import { Ledger } from './ledger.js';
import type { Told } from './ledger.js';
import type { Action } from './program.js';

/** What the engines of all protocols and roles have, as far as they have it. */
export type AnyEngine = Engine<RequestHead | ResponseHead> &
  Partial<Pick<ClientEngine, 'open' | 'capacity'>> &
  Partial<Pick<H2ServerEngine, 'push' | 'ping' | 'prioritize' | 'startFromUpgrade'>> &
  Partial<Pick<H2ClientEngine, 'reprioritize' | 'takePushes'>>;

const FIELDS = [
  Fields.EMPTY,
  Fields.from({ 'x-a': 'b', 'content-type': 'text/plain' }),
  Fields.from({ 'content-length': '5' }),
  Fields.from({ connection: 'close' }),
  Fields.from({ date: 'now', te: 'trailers', expect: '100-continue' }),
  Fields.from({ connection: 'upgrade', upgrade: 'other' }),
  Fields.from({ cookie: 'a=b', 'x-long': 'v'.repeat(300), priority: 'u=1' }),
  Fields.from({ 'content-length': '300' }),
];
const STATUSES = [200, 200, 204, 304, 404, 500, 101, 206];
const METHODS = ['GET', 'POST', 'HEAD', 'CONNECT', 'OPTIONS', 'PUT', 'GET', 'CONNECT'];
const CONTENTS = [
  '',
  'hello',
  Buffer.from('hello'),
  '\u00e9t\u00e9',
  'x'.repeat(300),
  Buffer.alloc(5000),
  Buffer.alloc(70_000),
];
const CHUNKS = [0, 1, 5, 100, 300, 2000, 17_000, 70_000].map((size) => Buffer.alloc(size, 'c'));

/** Bits of a program's first byte: what the application does by itself. */
export const CREDITS_AT_ONCE = 1;
export const ANSWERS_AT_ONCE = 2;

const NATIVE = /^Cannot |is not a function|is not iterable|is not defined|undefined|null/;

export class Application {
  readonly ledger = new Ledger((what, stream, size) => this.react(what, stream, size));
  /** Bytes that were given to the engine to be sent. */
  given = 0;
  /** ms. */
  now = 0;
  engine!: AnyEngine;

  constructor(
    private readonly role: 'server' | 'client',
    private readonly config: number,
  ) {}

  /** @returns whether `action` is one of the application's. */
  does(action: Action, argument: number): boolean {
    const { engine } = this;
    const low = argument & 7;
    switch (action) {
      case 'answer':
        this.with(argument, canAnswer(engine), (stream) => this.answer(stream, argument));
        return true;
      case 'head':
        this.with(argument, canAnswer(engine), (stream) => {
          stream.outgoing = 'given';
          const length = [undefined, 5, 300, 0][argument >> 6];
          if (engine.sendHead(stream.id, this.head(argument), length)) stream.outgoing = 'content';
        });
        return true;
      case 'data':
        this.with(argument, sends, ({ id }) => {
          const chunk = CHUNKS[low]!;
          // A writer that is asked to wait waits.
          if (engine.queued(id) > 64 * 1024) return;
          this.given += chunk.length;
          engine.sendData(id, chunk);
        });
        return true;
      case 'end':
        this.with(argument, sends, (stream) => {
          stream.outgoing = 'given';
          engine.sendEnd(stream.id, (argument & 1) === 0 ? Fields.EMPTY : FIELDS[1]!);
        });
        return true;
      case 'interim':
        this.with(argument, canAnswer(engine), ({ id }) =>
          engine.sendInformational(id, [100, 102, 103, 199][argument & 3]!, FIELDS[low & 1]!),
        );
        return true;
      case 'continue':
        this.with(argument, canAnswer(engine), ({ id }) => engine.sendContinue(id));
        return true;
      case 'credit':
        this.with(argument, reads, (stream) =>
          this.credit(stream, Math.ceil(stream.uncredited / (1 + (argument & 1)))),
        );
        return true;
      case 'discard':
        this.with(argument, hasContent, (stream) => {
          stream.incoming = 'ended';
          engine.discard(stream.id);
        });
        return true;
      case 'abort':
        this.with(argument, isOpen, (stream) => {
          stream.over = true;
          engine.abort(stream.id, 'CANCEL');
        });
        return true;
      case 'open':
        this.open(argument);
        return true;
      case 'push':
        if (engine.takePushes !== undefined) engine.takePushes((argument & 1) === 0);
        this.with(argument, canAnswer(engine), ({ id }) => {
          const promised = engine.push?.(id, requestHead(argument)) ?? 0;
          if (promised > 0) this.ledger.opened(promised).incoming = 'ended';
        });
        return true;
      case 'prioritize':
        this.with(argument, isOpen, ({ id }) => {
          engine.prioritize?.(id, low, argument > 127);
          engine.reprioritize?.(id, low, argument > 127);
        });
        return true;
      case 'ping':
        engine.ping?.(Buffer.alloc(8, argument));
        return true;
      default:
        return false;
    }
  }

  /** Something has gone out. */
  pulled(): void {
    const { engine, ledger } = this;
    if (engine.hasOutput) return;
    for (const { id, over } of ledger.streams.values()) if (!over && engine.queued(id) > 0) return;
    this.given = 0;
  }

  /** Begins an exchange, with a whole message or with its head alone. */
  open(argument: number): void {
    const { engine } = this;
    if (engine.open === undefined || engine.capacity === 0) return;
    const stream = this.ledger.opened(engine.open());
    if ((argument & 0x80) === 0) attempt(() => this.answer(stream, argument));
    else {
      attempt(() => {
        stream.outgoing = 'given';
        if (engine.sendHead(stream.id, this.head(argument), undefined)) stream.outgoing = 'content';
      });
    }
    // A stream that could not be begun is given up: nothing else may be opened, nor pulled, before.
    if (engine.canSend(stream.id) && stream.outgoing === 'awaited') {
      stream.over = true;
      engine.abort(stream.id, 'CANCEL');
    }
  }

  private react(what: 'head' | 'data' | 'end', stream: Told, size: number): void {
    const { config, engine } = this;
    if (what === 'data' && (config & CREDITS_AT_ONCE) !== 0) this.credit(stream, size);
    if (what === 'data' || (config & ANSWERS_AT_ONCE) === 0) return;
    if (this.role === 'server' && engine.canSend(stream.id)) attempt(() => this.answer(stream, 8));
  }

  private answer(stream: Told, argument: number): void {
    const content = CONTENTS[(argument >> 3) % CONTENTS.length]!;
    const before = stream.outgoing;
    stream.outgoing = 'given';
    try {
      this.engine.sendMessage(stream.id, this.head(argument), content);
      this.given += content.length;
    } catch (error) {
      stream.outgoing = before;
      throw error;
    }
  }

  private credit(stream: Told, size: number): void {
    stream.uncredited -= size;
    this.engine.credit(stream.id, size);
  }

  private head(argument: number): RequestHead | ResponseHead {
    if (this.role === 'client') return requestHead(argument);
    return { status: STATUSES[argument & 7]!, headers: FIELDS[(argument >> 4) & 7]! };
  }

  /** Does something with a stream that `may`: with which of them the argument says. */
  private with(argument: number, may: (stream: Told) => boolean, use: (stream: Told) => void): void {
    const streams = [...this.ledger.streams.values()].filter((stream) => !stream.over && may(stream));
    if (streams.length === 0) return;
    const stream = streams[(argument >> 4) % streams.length]!;
    const before = stream.outgoing;
    attempt(
      () => use(stream),
      () => (stream.outgoing = before),
    );
  }
}

/** Misuse is a TypeError, or a false Content-Length. An error that the language itself throws is a fault of the engine's. */
function attempt(use: () => void, otherwise: () => void = () => undefined): void {
  try {
    use();
  } catch (error) {
    const refused = error instanceof ProtocolError && error.code === 'content-length-mismatch';
    if (!refused && (!(error instanceof TypeError) || NATIVE.test(error.message))) throw error;
    otherwise();
  }
}

function requestHead(argument: number): RequestHead {
  const method = METHODS[argument & 7]!;
  const protocol = argument % 16 === 7 ? 'websocket' : undefined;
  const headers = FIELDS[(argument >> 4) & 7]!;
  return { method, scheme: 'http', authority: 'a:1', path: '/', protocol, version: '1.1', headers };
}

/** To an exchange that is complete on both sides nothing can be done any more, even if it has not all gone out. */
function isOpen({ incoming, outgoing }: Told): boolean {
  return incoming !== 'ended' || (outgoing !== 'given' && outgoing !== 'sent');
}

function hasContent({ incoming }: Told): boolean {
  return incoming === 'content';
}

function reads({ uncredited }: Told): boolean {
  return uncredited > 0;
}

function sends({ outgoing }: Told): boolean {
  return outgoing === 'content';
}

function canAnswer(engine: AnyEngine): (stream: Told) => boolean {
  return ({ id, outgoing }) => outgoing === 'awaited' && engine.canSend(id);
}
