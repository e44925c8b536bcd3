/**
 * The error matrix: what goes wrong, and when, on either protocol; and who sees what of it.
 *
 * ```
 *                 0 2 4     10 ms
 * client          a-b-#           a = the head of a POST, b = the beginning of its content, and then it goes wrong
 * the reader      --b-#           of the request's body: what came, then the error, once
 * the handler     ^---!           is unsubscribed
 * the errors      ----f           one fault: its code, and what it ends (connection or exchange); none where the client disconnects
 * the record      ----s           aborted, with the error: a line of the access log
 *
 * no answer yet   ----e           it is answered, where there is somebody to answer: 400, 408, 413, 500, 502
 *
 * an answer       h---|           it is broken off, and never looks complete: HTTP/1.1 closes the connection,
 * has begun       h---r           HTTP/2 resets the stream
 *
 * an answer       a---------|     nothing: that exchange is over
 * is out
 * ```
 *
 * Each row of the tables below is a diagram, and a test.
 */
import { catchError, concat, EMPTY, map, mergeMap, NEVER, type Observable, of, tap, throwError, timer } from 'rxjs';
import {
  bytes,
  collect,
  type Handler,
  type Limits,
  ProtocolError,
  type HttpResponse,
  response,
  type ServerFault,
  service,
  text,
} from 'rxpaf';
import { h1, h2, type HttpTest, httpTest, slowPeer, type TestFlow, type TestService, type Wire } from 'rxpaf/testing';
import { rowsOf } from '../test/kits/marbles/table.js';

/** What goes wrong, 4 ms from the beginning. */
interface Cause {
  /** The client's behaviour, if it does not just wait for its response. */
  readonly client?: string;
  /** What becomes of the handler, or of the content that it sends. */
  readonly handler?: Observable<unknown>;
  /** The length that its response announces. */
  readonly promised?: number;
  readonly limits?: Partial<Limits>;
  readonly stop?: string;
  readonly takesNothing?: boolean;
}

const boom = (status = 500): Observable<never> => throwError(() => Object.assign(new Error('boom'), { status }));

const CAUSES: Readonly<Record<string, Cause>> = {
  'the connection is reset': { client: 'a-b-#' },
  'the stream is reset': { client: 'a-b-r-----|' },
  'the client ends early': { client: 'a-b-|' },
  'the content is malformed': { client: 'A-B-x-----|' },
  'a rule is broken': { client: 'a-b-i-----|' },
  'no more comes': { limits: { bodyTimeout: 2 } },
  'nothing is taken': { client: 'a-b', limits: { writeTimeout: 4 }, takesNothing: true },
  'the handler fails': { handler: boom() },
  'it refuses': { handler: boom(404) },
  'its backend fails': { handler: boom(502) },
  'it collects too much': { handler: of(Buffer.alloc(2)).pipe(collect({ limit: 1 })) },
  'it gives nothing': { handler: EMPTY },
  'it gives too little': { handler: EMPTY, promised: 9 },
  'the drain is over': { stop: '-s', limits: { drainTimeout: 3 } },
};

const POST = h2.requestHead(1, 'POST', '/', { 'content-length': 9 });
/** What the letters of the client are. */
const SENT: Readonly<Record<string, Readonly<Record<string, Wire>>>> = {
  'HTTP/1.1': {
    a: h1.requestHead('POST', '/', { 'content-length': 9 }),
    b: 'b',
    A: h1.requestHead('POST', '/', { 'transfer-encoding': 'chunked' }),
    B: h1.chunk('b'),
    x: 'no chunk\r\n',
  },
  'HTTP/2': {
    a: [h2.start(), POST],
    b: h2.data(1, 'b'),
    A: [h2.start(), POST],
    B: h2.data(1, 'b'),
    // More than was promised (RFC 9113 section 8.1.1).
    x: h2.data(1, '123456789'),
    r: h2.rst(1, 'CANCEL'),
    // Of a stream that has not begun (RFC 9113 section 5.1).
    i: h2.data(7, 'idle'),
  },
};

/**
 * `e`: the response to the error (on HTTP/2 its head, and its text `t`), whose status and text `says` has; `r`: RST_STREAM, `g`: GOAWAY,
 * whose code it has. An empty cell: there is no such case; `.`: nothing is seen. The error is that of the stream of errors, at 4 ms: one,
 * or none where the client disconnects. The record is what the access log has of the exchange: its outcome, its status, and the code of its
 * error.
 */
const NO_ANSWER_YET = rowsOf(`
what goes wrong          | HTTP/1.1 | HTTP/2      | says                                        | error                   | ends       | the reader's error      | the record
the connection is reset  | .        | .           |                                             |                         |            | connection-reset        | aborted connection-reset
the stream is reset      |          | ----------| |                                             |                         |            | stream-reset            | aborted stream-reset
the client ends early    | ----(e|) |             | 400 the connection ended within the content |                         |            | truncated               | complete 400 truncated
the client ends early    |          | ----|       |                                             |                         |            | connection-reset        | aborted connection-reset
the content is malformed | ----(e|) |             | 400 no chunk size                           | malformed-body          | exchange   | malformed-body          | complete 400 malformed-body
the content is malformed |          | ----r-----| | PROTOCOL_ERROR                              | content-length-mismatch | exchange   | content-length-mismatch | aborted content-length-mismatch
a rule is broken         |          | ----(g|)    | PROTOCOL_ERROR                              | protocol-error          | connection | protocol-error          | aborted protocol-error
no more comes            | ----(e|) | ----(et)--| | 408 the body does not go on: bodyTimeout is 2 ms | body-timeout            | exchange   | body-timeout            | complete 408 body-timeout
the handler fails        | ----(e|) | ----(et)--| | 500 exception                               | exception               | exchange   | closed                  | complete 500 boom
it refuses               | ----(e|) | ----(et)--| | 404 Not Found                               | exception               | exchange   | closed                  | complete 404 boom
its backend fails        | ----(e|) | ----(et)--| | 502 bad-gateway                             | exception               | exchange   | closed                  | complete 502 boom
it collects too much     | ----(e|) | ----(et)--| | 413 the body is larger than 1 bytes         | body-too-large          | exchange   | closed                  | complete 413 body-too-large
it gives nothing         | ----(e|) | ----(et)--| | 500 internal-server-error                   | no-response             | exchange   | closed                  | complete 500 no-response
the drain is over        | ----!    |             |                                             | going-away              | connection | going-away              | aborted going-away
`);

/** `h`: the head of a response and `x`, a piece of its content, which are one write on HTTP/1.1. */
const AN_ANSWER_HAS_BEGUN = rowsOf(`
what goes wrong          | HTTP/1.1 | HTTP/2      | says           | error                   | ends       | the reader's error      | the record
the connection is reset  | h        | (hx)        |                |                         |            | connection-reset        | aborted 200 connection-reset
the stream is reset      |          | (hx)------| |                |                         |            | stream-reset            | aborted 200 stream-reset
the client ends early    | h---|    |             |                |                         |            | truncated               | aborted 200 truncated
the client ends early    |          | (hx)|       |                |                         |            | connection-reset        | aborted 200 connection-reset
the content is malformed | h---|    |             |                | malformed-body          | exchange   | malformed-body          | aborted 200 malformed-body
the content is malformed |          | (hx)r-----| | PROTOCOL_ERROR | content-length-mismatch | exchange   | content-length-mismatch | aborted 200 content-length-mismatch
a rule is broken         |          | (hx)(g|)    | PROTOCOL_ERROR | protocol-error          | connection | protocol-error          | aborted 200 protocol-error
no more comes            | h---|    | (hx)r-----| | CANCEL         | body-timeout            | exchange   | body-timeout            | aborted 200 body-timeout
nothing is taken         | h---!    | ----!       |                | write-timeout           | connection | write-timeout           | aborted 200 write-timeout
the handler fails        | h---|    | (hx)r-----| | INTERNAL_ERROR | exception               | exchange   | closed                  | aborted 200 boom
it refuses               | h---|    | (hx)r-----| | INTERNAL_ERROR | exception               | exchange   | closed                  | aborted 200 boom
its backend fails        | h---|    | (hx)r-----| | INTERNAL_ERROR | exception               | exchange   | closed                  | aborted 200 boom
it collects too much     | h---|    | (hx)r-----| | INTERNAL_ERROR | body-too-large          | exchange   | closed                  | aborted 200 body-too-large
it gives too little      | h---|    | (hx)r-----| | INTERNAL_ERROR | content-length-mismatch | exchange   | content-length-mismatch | aborted 200 content-length-mismatch
the drain is over        | h---!    |             |                | going-away              | connection | going-away              | aborted 200 going-away
`);

/** `a`: the whole of a response, on HTTP/2 with its content `o`. The request's content is still coming: nobody reads it. */
const AN_ANSWER_IS_OUT = rowsOf(`
what goes wrong          | HTTP/1.1    | HTTP/2      | says           | error          | ends       | the reader's error | the record
the connection is reset  | a           | (ao)        |                |                |            | closed             | complete 200
the stream is reset      |             | (ao)------| |                |                |            | closed             | complete 200
the client ends early    | a---|       | (ao)|       |                |                |            | closed             | complete 200
the content is malformed | a---|       |             |                |                |            | closed             | complete 200
the content is malformed |             | (ao)r-----| | PROTOCOL_ERROR | content-length-mismatch | exchange | closed      | complete 200
a rule is broken         |             | (ao)(g|)    | PROTOCOL_ERROR | protocol-error | connection | closed             | complete 200
no more comes            | a---------| | (ao)------| |                |                |            | closed             | complete 200
nothing is taken         | a---!       |             |                | write-timeout  | connection | closed             | complete 200
`);

type Phase = 'none' | 'begun' | 'out';
type Row = (typeof NO_ANSWER_YET)[number];

/** What the letters of the peer are. */
function seen(protocol: string, says: string, promised: number | undefined): Record<string, Wire> {
  const octets = { 'content-type': 'application/octet-stream', 'transfer-encoding': 'chunked' };
  if (protocol === 'HTTP/1.1')
    return {
      h:
        promised === undefined
          ? [h1.responseHead(200, octets), h1.chunk('x')]
          : [h1.responseHead(200, { 'content-length': promised }), 'x'],
      a: h1.response(200, 'ok'),
      e: h1.response(Number(says.slice(0, 3)), `${says}\n`, { connection: 'close' }),
    };
  return {
    h: 'HEADERS 1 200',
    x: 'DATA 1 "x"',
    a: 'HEADERS 1 200',
    o: 'DATA 1 "ok" END_STREAM',
    e: `HEADERS 1 ${says.slice(0, 3)}`,
    t: says.length < 40 ? `DATA 1 "${says}\\n" END_STREAM` : `DATA 1 (${says.length + 1} bytes) END_STREAM`,
    r: `RST_STREAM 1 ${says}`,
    g: `GOAWAY 1 ${says}`,
  };
}

/** Serves what the row says, and draws its reader. */
function goWrong(
  words: HttpTest,
  row: Row,
  protocol: string,
  phase: Phase,
  error?: Handler<string>['error'],
): [TestFlow, TestService] {
  const { client = 'a-b-------|', handler = NEVER, promised, limits, stop, takesNothing } = causeOf(row);
  const peer = words.flow(client, SENT[protocol], ...(takesNothing === true ? [slowPeer('-')] : []));
  const reader = words.probe<string>();
  const failing = timer(4).pipe(mergeMap(() => handler)) as Observable<never>;
  const answer = (): HttpResponse | Observable<HttpResponse> => {
    const content = concat(of(Buffer.from('x')), failing);
    if (phase === 'out') return text('ok');
    if (phase === 'none') return failing;
    return promised === undefined ? bytes(content) : response(200, { 'content-length': promised }, content);
  };
  const service = words.serve(
    peer,
    {
      request: ({ body }) => {
        const told = body.pipe(
          map(() => 'b'),
          catchError(({ code }: { code: string }) => of(code)),
          reader,
        );
        told.subscribe();
        return answer();
      },
      ...(error && { error }),
    },
    {
      alpn: protocol === 'HTTP/2' ? 'h2' : 'http/1.1',
      ...(limits && { limits }),
      ...(stop !== undefined && { stop: words.cold(stop) }),
    },
  );
  // The reader completes after its error here, because the error is caught to be drawn.
  const drawing = phase === 'out' ? '(e|)' : '--b-(e|)';
  words.expectObservable(reader).toBe(drawing, { b: 'b', e: row["the reader's error"] });
  return [peer, service];
}

function causeOf(row: Row): Cause {
  return CAUSES[row['what goes wrong']!]!;
}

function expectSeen({ expectWire, expectFrames }: HttpTest, peer: TestFlow, row: Row, protocol: string): void {
  const drawing = row[protocol] === '.' ? '' : row[protocol]!;
  const values = seen(protocol, row['says']!, causeOf(row).promised);
  if (protocol === 'HTTP/1.1') expectWire(peer).toBe(drawing, values);
  else expectFrames(peer).toBe(drawing, values as Record<string, string>);
}

/** What the access log has of it: the outcome, the status, and why. */
function recordOf({ served }: TestService): string {
  const [record] = served.happenings.flatMap(({ value }) => value ?? []);
  if (record === undefined) return 'none';
  const { outcome, status, error } = record;
  const why = error !== undefined && 'code' in error ? String(error.code) : error?.message;
  return [outcome, status, why].filter((part) => part !== undefined).join(' ');
}

/** The faults of a row, `before` being the time until then. */
function expectError({ expectFaults }: HttpTest, service: TestService, before: string, row: Row): void {
  if (row['error'] === '') return expectFaults(service).toBe('');
  expectFaults(service).toBe(`${before}f`, { f: { code: row['error'], scope: row['ends'] } as Partial<ServerFault> });
}

describe.each(['HTTP/1.1', 'HTTP/2'])('%s', (protocol) => {
  const cases = (rows: readonly Row[]): [string, Row][] =>
    rows.filter((row) => row[protocol] !== '').map((row) => [row['what goes wrong']!, row]);

  const matrix = (phase: Phase, table: readonly Row[]): void =>
    it.each(cases(table))('%s', (_cause, row) => {
      let service!: TestService;
      httpTest((words) => {
        let peer: TestFlow;
        [peer, service] = goWrong(words, row, protocol, phase);
        expectSeen(words, peer, row, protocol);
        expectError(words, service, '----', row);
      });
      expect(recordOf(service)).toBe(row['the record']);
    });

  describe('before a response has begun', () => matrix('none', NO_ANSWER_YET));

  describe('before a response has begun, with a response of the program', () => {
    const answered = cases(NO_ANSWER_YET).filter(([, row]) => row[protocol]!.includes('(e'));
    const sorry = (faults: Observable<ServerFault>): Observable<ServerFault> =>
      faults.pipe(tap((fault) => fault.respond({ 'content-length': 5 }, 503).end('sorry')));

    it.each(answered.filter(([, row]) => row['error'] !== ''))('%s', (_cause, row) =>
      httpTest((words) => {
        const [peer] = goWrong(words, row, protocol, 'none', sorry);
        const head = h1.responseHead(503, { 'content-length': 5, connection: 'close' });
        if (protocol === 'HTTP/1.1') words.expectWire(peer).toBe('----(x|)', { x: [head, 'sorry'] });
        else
          words
            .expectFrames(peer)
            .toBe('----(xyz)-|', { x: 'HEADERS 1 503', y: 'DATA 1 "sorry"', z: 'DATA 1 "" END_STREAM' });
      }),
    );

    const disconnects = answered.filter(([, row]) => row['error'] === '');
    if (disconnects.length > 0)
      it.each(disconnects)('%s: it does not see that, and the default response goes out', (_cause, row) =>
        httpTest((words) => {
          const [peer, service] = goWrong(words, row, protocol, 'none', sorry);
          expectSeen(words, peer, row, protocol);
          expectError(words, service, '----', row);
        }),
      );
  });

  describe('when a response has begun', () => matrix('begun', AN_ANSWER_HAS_BEGUN));
  describe('when a response has been sent', () => matrix('out', AN_ANSWER_IS_OUT));
});

describe('before there is a request', () => {
  /** `m`: a head that is malformed, `k`: the beginning of one, `n`: something other than the preface of HTTP/2. */
  const table = rowsOf(`
what goes wrong                   | ALPN     | client  | the peer sees | says                               | error             | ends
the handshake fails               | fails    | -       | !             |                                    | handshake-failed  | handshake
the handshake does not end        | stalls   | -       | ----!         |                                    | handshake-timeout | handshake
the protocol is unknown           | spdy/3.1 | -       | !             |                                    | unknown-protocol  | connection
a head is malformed               | http/1.1 | m-----| | (e|)          | 400 not one Host                   | malformed-request | exchange
a head is malformed               | h2       | M-----| | r-----|       | PROTOCOL_ERROR                     | malformed-request | exchange
what comes is no preface          | h2       | n-----| | (g|)          | PROTOCOL_ERROR                     | protocol-error    | connection
a head does not end               | http/1.1 | k-----| | ----(e|)      | 408 the head did not come in time: headTimeout is 4 ms | head-timeout      | exchange
nothing comes                     | http/1.1 | ------| | ----|         |                                    |                   |
a head ends early                 | http/1.1 | k---|   | ----(e|)      | 400 the connection ended within a head |                   |
a connection is reset, being idle | http/1.1 | ----#   |               |                                    |                   |
`);
  const values: Record<string, Wire> = {
    m: 'GET / HTTP/1.1\r\n\r\n',
    M: [h2.start(), h2.headers(1, { ':method': 'GET' }, { end: true })],
    n: 'GET / HTTP/1.1\r\n\r\n',
    k: 'GET / HTTP/1.1\r\nhost: ',
  };

  it.each(table.map((row) => [row['what goes wrong']!, row['ALPN']!, row] as const))('%s (%s)', (_cause, id, row) =>
    httpTest((words) => {
      const peer = words.flow(row['client']!, values);
      const alpn = id === 'fails' ? boom() : id === 'stalls' ? NEVER : id;
      const limits = { handshakeTimeout: 4, headTimeout: 4 };
      const service = words.serve(peer, () => NEVER, { alpn, limits });
      const letters = seen(id === 'h2' ? 'HTTP/2' : 'HTTP/1.1', row['says']!, undefined);
      const drawing = row['the peer sees']!;
      if (id === 'h2')
        words
          .expectFrames(peer)
          .toBe(drawing, { ...(letters as Record<string, string>), g: `GOAWAY 0 ${row['says']!}` });
      else words.expectWire(peer).toBe(drawing, letters);
      expectError(words, service, drawing.startsWith('----') ? '----' : '', row);
    }),
  );

  it('accepting fails', () =>
    httpTest(({ probe, expectObservable }) => {
      const failed = new ProtocolError('accept-failed', 'too many open files', { scope: 'accept', initiator: 'local' });
      const faults = probe<unknown>();
      const never = (): never => {
        throw new Error('there is no socket');
      };
      of('no socket')
        .pipe(
          service(
            { alpn: never, peer: never, injection: never, failure: () => failed },
            {
              request: never,
              error: (errors) =>
                errors.pipe(
                  map(({ code, scope, peer, answerable }) => ({ code, scope, peer, answerable })),
                  faults,
                ),
            },
          ),
        )
        .subscribe();
      expectObservable(faults).toBe('(f|)', {
        f: { code: 'accept-failed', scope: 'accept', peer: undefined, answerable: false },
      });
    }));
});
