/** Laws of both engines, for any bytes, any cuts and any messages. */
import { fc } from '../../test/kits/properties.js';
import { Fields } from '../http/fields.js';
import type { ResponseHead } from '../http/head.js';
import { answering, bytesOf, client, pulled, requestHead, server } from '../../test/kits/units/h1-engines.js';

/** `bytes` cut at any places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((start, index) => bytes.subarray(start, at[index] ?? bytes.length));
}

/** Bits of HTTP, right and wrong: put together at random, they go deeper than random bytes do. */
const bits = fc.constantFrom(
  ...[
    'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
    'POST / HTTP/1.1\r\nHost: a\r\n',
    'HEAD /x HTTP/1.0\r\n',
    'OPTIONS * HTTP/1.1\r\n',
  ],
  ...['Host: a\r\n', 'Content-Length: 5\r\n', 'Transfer-Encoding: chunked\r\n', 'Connection: close\r\n', 'X: y\r\n'],
  ...[
    'Expect: 100-continue\r\n',
    'Upgrade: x\r\n',
    'CONNECT a:1 HTTP/1.1\r\n',
    '\r\n',
    '\r',
    '\n',
    ' ',
    ':',
    'hello',
    '\0',
  ],
  ...[
    '5\r\nhello\r\n',
    '0\r\n\r\n',
    '0\r\n',
    'a;b="c"\r\n',
    '\xff',
    'HTTP/1.1 200 OK\r\n',
    'HTTP/1.1 100 Continue\r\n\r\n',
    '1',
  ],
);
const wire = fc.oneof(
  fc.array(bits, { maxLength: 14 }).map((parts) => bytesOf(parts.join(''))),
  fc.uint8Array({ maxLength: 200 }),
);
const places = fc.array(fc.nat(), { maxLength: 12 });
const limits = fc.constantFrom(
  {},
  { requestTarget: 3, headerSection: 30, headerFields: 2, chunkOverhead: 6, bodyWindow: 4 },
);

const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,12}$/);
const value = fc.stringMatching(/^([!-~\xa1-\xff]([ \t!-~]{0,20}[!-~])?)?$/);
const fieldLines = fc.array(
  fc.tuple(
    token.map((name) => `x-${name}`),
    value,
  ),
  { maxLength: 6 },
);
const content = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 5 });

describe('any bytes', () => {
  it('mean the same to a server, however they are cut', () => {
    fc.assert(
      fc.property(wire, places, limits, fc.boolean(), (bytes, cuts, some, eof) => {
        const results = [[bytes], cut(bytes, cuts)].map((pieces) => {
          const { engine, log } = answering(some);
          let out = '';
          for (const piece of pieces) {
            engine.receive(piece, 0);
            out += pulled(engine);
          }
          if (eof) engine.receiveEof(0);
          return { log, out: out + pulled(engine), state: engine.state };
        });
        // A wrong byte in an incomplete line may be reported at once, or only with the rest of the line.
        fc.pre(eof || results[0]!.log.length === results[1]!.log.length);
        expect(results[1]).toEqual(results[0]);
      }),
      { numRuns: 3000 },
    );
  });

  it('mean the same to a client, however they are cut', () => {
    fc.assert(
      fc.property(wire, places, (bytes, cuts) => {
        const results = [[bytes], cut(bytes, cuts)].map((pieces) => {
          const { engine, log, request, recorder } = client();
          recorder.react = { onData: (stream, chunk) => engine.credit(stream, chunk.length) };
          request('GET');
          for (const piece of pieces) engine.receive(piece, 0);
          engine.receiveEof(0);
          return { log, state: engine.state };
        });
        expect(results[1]).toEqual(results[0]);
        expect(results[0]!.state).toMatch(/closing|upgraded/);
      }),
      { numRuns: 3000 },
    );
  });

  it('and any order of calls end in typed outcomes, and nothing after the last event of a stream', () => {
    const calls = fc.array(
      fc.oneof(
        bits.map((text) => ['receive', text] as const),
        fc
          .constantFrom(
            'credit',
            'discard',
            'continue',
            'message',
            'head',
            'data',
            'end',
            'abort',
            'shutdown',
            'pull',
            'eof',
          )
          .map((call) => [call, ''] as const),
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(calls, fc.integer({ min: 1, max: 3 }), (script, stream) => {
        const { engine, log } = server({ bodyWindow: 4, discardedBody: 8, pipelinedRequests: 2 });
        const ok: ResponseHead = { status: 200, headers: Fields.EMPTY };
        for (const [call, text] of script) {
          try {
            if (call === 'receive') engine.receive(bytesOf(text), 0);
            else if (call === 'credit') engine.credit(stream, 2);
            else if (call === 'discard') engine.discard(stream);
            else if (call === 'continue') engine.sendContinue(stream);
            else if (call === 'message') engine.sendMessage(stream, ok, 'x');
            else if (call === 'head') engine.sendHead(stream, ok, undefined);
            else if (call === 'data') engine.sendData(stream, bytesOf('x'));
            else if (call === 'end') engine.sendEnd(stream, Fields.EMPTY);
            else if (call === 'abort') engine.abort(stream, 'CANCEL');
            else if (call === 'shutdown') engine.shutdown();
            else if (call === 'eof') engine.receiveEof(0);
            else pulled(engine);
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(TypeError);
            expect(['message', 'head', 'data', 'end']).toContain(call);
          }
        }
        for (const [index, line] of log.entries()) {
          const id = line.split(' ')[0]!;
          if (line.includes(' reset '))
            expect(log.slice(index + 1).filter((later) => later.startsWith(`${id} `))).toEqual([]);
          if (/ (invalid|end) /.test(line)) {
            const later = log.slice(index + 1).filter((other) => other.startsWith(`${id} `));
            expect(later.filter((other) => / (head|data|end|invalid) /.test(other))).toEqual([]);
          }
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('our client and our server', () => {
  const path = fc.stringMatching(/^\/[!-"$-~]{0,20}$/);
  const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'X-OTHER');

  it('understand each other: heads, content and trailers arrive as they were sent', () => {
    fc.assert(
      fc.property(
        ...([method, path, fieldLines, content, fieldLines, fc.boolean(), places] as const),
        (verb, target, headers, parts, trailers, known, cuts) => {
          const size = parts.reduce((sum, part) => sum + part.length, 0);
          const here = client();
          const there = server();
          const stream = here.engine.open();
          const head = { ...requestHead(verb, target), headers: Fields.from(headers) };
          if (here.engine.sendHead(stream, head, known ? size : undefined)) {
            for (const part of parts) here.engine.sendData(stream, part);
            here.engine.sendEnd(stream, Fields.from(trailers));
          }
          for (const piece of cut(bytesOf(pulled(here.engine)), cuts)) there.engine.receive(piece, 0);

          const got = there.recorder.heads.get(1);
          expect(got).toMatchObject({ method: verb, path: target, authority: 'example.org' });
          const own = new Set(['host', 'content-length', 'transfer-encoding']);
          const lines = [...got!.headers].filter(([name]) => !own.has(name));
          expect(lines).toEqual([...Fields.from(headers)]);
          expect(Buffer.concat(there.recorder.content.get(1) ?? [])).toEqual(Buffer.concat(parts));
          if (!known) expect(there.log.at(-1)).toBe(`1 end ${JSON.stringify(Fields.from(trailers).lines)}`);

          there.engine.sendHead(1, { status: 200, headers: Fields.from(headers) }, known ? size : undefined);
          for (const part of parts) there.engine.sendData(1, part);
          there.engine.sendEnd(1, Fields.from(trailers));
          for (const piece of cut(bytesOf(pulled(there.engine)), cuts)) here.engine.receive(piece, 0);
          expect(Buffer.concat(here.recorder.content.get(1) ?? [])).toEqual(Buffer.concat(parts));
          expect([here.engine.state, there.engine.state]).toEqual(['open', 'open']);
          expect([here.engine.capacity, there.engine.awaiting]).toEqual([1, 'idle']);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
