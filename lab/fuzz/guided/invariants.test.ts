/** Each invariant, and an engine that breaks it: what would never be found is not looked for. */
import type { AnyEngine } from './application.js';
import { connectionSubject } from './connection.js';
import { count } from './counters.js';
import { h1Server, serverKind } from './h1-subjects.js';
import type { Ledger } from './ledger.js';
import { act, literally, parseProgram } from './program.js';

const GET = Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n');

/** A server whose `receive` does something else besides. */
function faulty(fault: (engine: AnyEngine, chunk: Uint8Array, ledger: Ledger) => void): () => void {
  const subject = connectionSubject(
    {
      ...serverKind,
      create(limits, config, ledger) {
        const engine = serverKind.create(limits, config, ledger);
        const receive = engine.receive.bind(engine);
        engine.receive = (chunk, now) => {
          fault(engine, chunk, ledger);
          receive(chunk, now);
        };
        return engine;
      },
    },
    h1Server,
  );
  // A request gets its response, and the connection is shut down.
  const input = Buffer.concat([Buffer.of(1), GET, act('answer', 8), act('pull'), act('shutdown')]);
  return () => subject.again?.(input, subject.run(input));
}

describe('an engine is found out', () => {
  it('not where it has no fault', () => {
    expect(faulty(() => undefined)).not.toThrow();
  });

  it('that throws', () => {
    const fault = faulty(() => {
      throw new TypeError("Cannot read properties of undefined (reading 'x')");
    });
    expect(fault).toThrow('Cannot read properties');
  });

  it('that goes on for ever', () => {
    const fault = faulty(() => {
      for (;;) count(0);
    });
    expect(fault).toThrow('statements');
  });

  it('that keeps more than it may', () => {
    const fault = faulty((engine) => {
      const leaky = engine as unknown as { leak?: Buffer[] };
      (leaky.leak ??= []).push(Buffer.alloc(1024));
    });
    expect(fault).toThrow('more is kept than limits allow');
  });

  it('whose outcome depends on how its input is cut', () => {
    const fault = faulty((engine, chunk) => chunk.length === 1 && engine.shutdown());
    expect(fault).toThrow('the outcome is another one');
  });

  it('that sends after the end', () => {
    const fault = faulty((engine, _chunk, ledger) => {
      if (engine.state === 'closing') ledger.onGoaway(0, 'NO_ERROR');
    });
    expect(fault).toThrow('an event after the end');
  });

  it('that reports content that does not exist', () => {
    expect(faulty((_engine, chunk, ledger) => ledger.onData(1, chunk))).toThrow('nobody has heard of');
  });
});

describe('a program', () => {
  it('is bytes, and actions wherever the escape stands', () => {
    const wrap = (argument: number, content: Buffer): Buffer => Buffer.from(`<${argument}${content.toString()}>`);
    const input = Buffer.concat([
      ...[Buffer.of(7), Buffer.from('ab'), act('pull', 3), literally(Buffer.of(0xfd))],
      ...[act('wrap', 1), Buffer.from('c'), act('repeat', 1), act('eof')],
    ]);
    expect(parseProgram(input, wrap)).toEqual({
      config: 7,
      size: 15,
      steps: [
        { kind: 'wire', bytes: Buffer.from('ab') },
        { kind: 'act', action: 'pull', argument: 3 },
        { kind: 'wire', bytes: Buffer.from('\xfd<1c><1c><1c>', 'latin1') },
        { kind: 'act', action: 'eof', argument: 0 },
      ],
    });
  });
});
