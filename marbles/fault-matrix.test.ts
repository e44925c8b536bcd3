/**
 * The fault matrix: what goes wrong with one exchange, on either protocol, and that nothing else does.
 *
 * ```
 * it       a----f---- ... z-|   f: POST /fault, with which it goes wrong; on HTTP/2 beside a, on HTTP/1.1 behind it
 * others   s--------- ... --|   another connection
 * answers  -----?---- ... y-|   one to f, or one clean end; the others as if nothing had been
 * faults   -----f----           each once
 * left                          no subscription, no timer, no flow that is read
 * ```
 *
 * Each row of the tables is a test a protocol.
 */
import {
  concat,
  delay,
  EMPTY,
  finalize,
  ignoreElements,
  map,
  mergeMap,
  NEVER,
  type Observable,
  of,
  type Observer,
  take,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { bytes, consume, type Content, type HttpResponse, response, retain, text } from 'rxpaf';
import { fragment, halfCloseAt, resetAt, slowPeer, stallAt } from 'rxpaf/testing';
import { FAULTY, inject, type Injection, type Version } from '../test/kits/marbles/fault-matrix.js';
import { rowsOf } from '../test/kits/marbles/table.js';

const VERSIONS: readonly Version[] = ['HTTP/1.1', 'HTTP/2'];

const boom = new Error('boom');
const throwing = (): never => {
  throw boom;
};
/** 2 ms later. */
const later = <T>(value: T): Observable<T> => of(value).pipe(delay(2));
const failing = (): Observable<never> => timer(2).pipe(mergeMap(() => throwError(() => boom)));
const torn = <T>(source: Observable<T>): Observable<T> => source.pipe(finalize(throwing));
const part = (): Observable<Buffer> => later(Buffer.from('part'));
/** A wrong value that is typed as a response. */
const no = (what: unknown): HttpResponse => what as HttpResponse;

/** The key of Observables that are not of RxJS, as `from` looks for it. */
const observable = (Symbol as { readonly observable?: symbol }).observable ?? '@@observable';

type Request = NonNullable<Injection['request']>;

const slow: Request = (watch, { body }) =>
  watch.source(
    body.text().pipe(
      delay(10),
      map((content) => text(content)),
    ),
  );

/** What the handler of `POST /fault` does. */
const HANDLERS: Readonly<Record<string, Request>> = {
  throws: throwing,
  'throws what is no Error': () => {
    throw 'boom' as unknown as Error;
  },
  'fails later': (watch) => watch.source(failing()),
  'fails behind an interim answer': (watch) => watch.source(concat(of(response(103)), failing())),
  'fails behind the head': (watch) =>
    watch.source(concat(of(bytes(watch.source(concat(part(), NEVER)))), failing(), failing())),
  'fails in its content': (watch) => bytes(watch.source(concat(part(), failing()))),
  'fails in its trailers': (watch) => ({ ...bytes(part()), trailers: watch.source(failing()) }),
  'gives nothing': (watch) => watch.source(EMPTY),
  'gives nothing, later': (watch) => watch.source(timer(2).pipe(ignoreElements())),
  'returns nothing': () => no(undefined),
  'never answers': (watch) => watch.source(NEVER),
  'answers twice': (watch) => watch.source(of(text('one'), text('two'))),
  'answers again, later': (watch) => watch.source(concat(of(text('one')), later(text('two')))),
  'answers again, within its content': (watch) =>
    watch.source(concat(of(bytes(watch.source(part().pipe(delay(9))))), later(text('two')))),
  'answers behind its completion': () => afterItsEnd(),
  'answers with a status that is none': () => response(1000),
  'answers with a name that is none': () => response(200, { 'no name': '1' }),
  'answers with a value that is none': () => response(200, { 'x-value': 'a\r\nset-cookie: b' }),
  'answers with content of no kind': () => bytes(5 as unknown as Content),
  'answers with an object for content': () => bytes({} as unknown as Content),
  'streams what is no content': (watch) => bytes(watch.source(later(5 as unknown as string))),
  'streams less than it says': (watch) => response(200, { 'content-length': 9 }, watch.source(part())),
  'streams more than it says': (watch) => response(200, { 'content-length': 3 }, watch.source(part())),
  'writes less than it says': () => response(200, { 'content-length': 9 }, 'part'),
  'writes more than it says': () => response(200, { 'content-length': 3 }, 'part'),
  'leaves the content of the request': (watch, { body }) => {
    watch.source(body).subscribe().unsubscribe();
    return text('ok');
  },
  'never reads the content of the request': (watch) => watch.source(later(text('ok'))),
  'reads the content of the request twice': (watch, { body }) => {
    body.subscribe();
    return watch.source(body.text().pipe(map((content) => text(content))));
  },
  'throws where it reads': (watch, { body }) => {
    watch.source(body).subscribe(throwing);
    return watch.source(later(text('ok')));
  },
  'tears down with a throw': (watch) => torn(watch.source(later(text('ok')))),
  'tears down its content with a throw': (watch) => bytes(torn(watch.source(part()))),
  'tears down its reader with a throw': (watch, { body }) =>
    torn(watch.source(body.text())).pipe(map(() => text('ok'))),
};

/** An Observable of RxJS never does this: it goes on after its end. */
function afterItsEnd(): Observable<HttpResponse> {
  const subscribe = (to: Observer<HttpResponse>): void => {
    to.next(text('one'));
    to.complete();
    to.next(text('two'));
    to.error(boom);
  };
  return { [observable]: () => ({ subscribe }) } as unknown as Observable<HttpResponse>;
}

type ErrorHandler = NonNullable<Injection['error']>;

/** What the handler of faults does, where that of requests throws. */
const FAULT_HANDLERS: Readonly<Record<string, ErrorHandler>> = {
  answers: () => (faults) => faults.pipe(tap((fault) => fault.respond({}, 503).end('sorry'))),
  'answers later': (watch) => (faults) =>
    faults.pipe(consume((fault) => watch.source(timer(3).pipe(tap(() => fault.respond({}, 503).end('sorry')))))),
  'answers twice': () => (faults) =>
    faults.pipe(
      tap((fault) => {
        fault.respond({}, 503).end('sorry');
        fault.respond({}, 503).end('sorry');
      }),
    ),
  'answers, and breaks it off': () => (faults) =>
    faults.pipe(
      tap((fault) => {
        const body = fault.respond({}, 503);
        body.next(Buffer.from('so'));
        body.error(boom);
      }),
    ),
  'answers, and never ends it': () => (faults) => faults.pipe(tap((fault) => fault.respond({}, 503))),
  'answers with a status that is none': () => (faults) => faults.pipe(tap((fault) => fault.respond({}, 1000).end())),
  'never answers': () => (faults) => faults,
  'retains, and never answers': (watch) => (faults) =>
    faults.pipe(mergeMap(() => (retain(), watch.source(NEVER.pipe(take(1)))))),
  'retains, and releases': (watch) => (faults) => faults.pipe(consume(() => watch.source(timer(3)))),
  'retains, and fails': (watch) => (faults) => faults.pipe(mergeMap(() => (retain(), watch.source(failing())))),
  'throws when it is called': () => throwing,
  'fails at once': () => () => throwError(() => boom),
  'throws at each': () => (faults) => faults.pipe(tap(throwing)),
  'ends at once': () => () => EMPTY,
  'tears down with a throw': () => (faults) => torn(faults).pipe(take(1)),
};

/** The faults of the network and the peer, after each octet of the request. */
const BEHIND: Readonly<Record<string, (offset: number) => Injection>> = {
  'is reset': (offset) => ({ traits: [resetAt(offset)] }),
  'is half closed': (offset) => ({ traits: [halfCloseAt(offset)] }),
  'falls silent': (offset) => ({ traits: [stallAt(offset)], limits: { headTimeout: 20, bodyTimeout: 20 } }),
};

/** And where so many octets of what is written to it were taken. */
const TAKEN: Readonly<Record<string, (offset: number) => Injection>> = {
  'is reset': (offset) => ({ traits: [resetAt(offset, 'out')] }),
  'takes no more': (offset) => ({ traits: [stallAt(offset, 'out')], limits: { writeTimeout: 20 } }),
};

const HOURS = 5 * 3_600_000;

/** What costs nothing. */
const HARMLESS: Readonly<Record<string, Injection>> = {
  'nothing goes wrong': {},
  'the clock is set five hours forth': { request: slow, clock: HOURS },
  'the clock is set five hours back': { request: slow, clock: -HOURS },
  'the client sends octet by octet': { traits: [fragment(1)] },
  'the client takes octet by octet': { traits: [slowPeer('t'.repeat(900), { t: 1 })] },
};

/**
 * The outcome of each handler. `gets`: the client's outcome for that request; nothing is an end without a response. `then`: whether the
 * connection goes on. `the errors`: all values of the error stream. `aborted`: the error of an aborted exchange's record, by its code, or
 * its message. `unhandled`: the errors that RxJS's hook gets; they are the program's own mistakes, and nobody handles them. If the
 * protocols differ, HTTP/1.1 / HTTP/2. A connection of HTTP/1.1 ends after a response that came before its request was read, and after one
 * that is broken off.
 */
const BY_HANDLER = rowsOf(`
the handler                            | gets       | then           | the errors              | aborted                           | unhandled
throws                                 | 500        | ends / goes on | exception               |                                   | .
throws what is no Error                | 500        | ends / goes on | exception               |                                   | .
fails later                            | 500        | goes on        | exception               |                                   | .
fails behind an interim answer         | 500        | goes on        | exception               |                                   | .
fails behind the head                  | 200 broken | ends / goes on | exception               | boom                              | .
fails in its content                   | 200 broken | ends / goes on | exception               | boom                              | .
fails in its trailers                  | 200 broken | ends / goes on | exception               | boom                              | .
gives nothing                          | 500        | ends / goes on | no-response             |                                   | .
gives nothing, later                   | 500        | goes on        | no-response             |                                   | .
returns nothing                        | 500        | ends / goes on | invalid-response        |                                   | .
never answers                          |            | ends / goes on |                         | connection-reset                  | .
answers twice                          | 200        | goes on        | . / second-response     |                                   | .
answers again, later                   | 200        | goes on        |                         |                                   | .
answers again, within its content      | 200        | goes on        | second-response         |                                   | .
answers behind its completion          | 200        | goes on        |                         |                                   | .
answers with a status that is none     | 500        | ends / goes on | invalid-response        |                                   | .
answers with a name that is none       | 500        | ends / goes on | invalid-response        |                                   | .
answers with a value that is none      | 500        | ends / goes on | invalid-response        |                                   | .
answers with content of no kind        | 500        | ends / goes on | invalid-response        |                                   | .
answers with an object for content     | 500        | ends / goes on | invalid-response        |                                   | .
streams what is no content             | 500        | goes on        | exception               |                                   | .
streams less than it says              | 200 broken | ends / goes on | content-length-mismatch | content-length-mismatch           | .
streams more than it says              | 200 broken | ends / goes on | content-length-mismatch | content-length-mismatch           | .
writes less than it says               | 500        | ends / goes on | content-length-mismatch |                                   | .
writes more than it says               | 500        | ends / goes on | content-length-mismatch |                                   | .
leaves the content of the request      | 200        | goes on        |                         |                                   | .
never reads the content of the request | 200        | goes on        |                         |                                   | .
reads the content of the request twice | 500        | ends / goes on | body-already-subscribed |                                   | .
throws where it reads                  | 200        | goes on        |                         |                                   | boom
tears down with a throw                | 200        | goes on        | exception               |                                   | .
tears down its content with a throw    | 200        | goes on        | exception               |                                   | .
tears down its reader with a throw     | 200        | goes on        | exception               |                                   | .
`);

/** The same of a handler of faults: that of requests throws. One that fails is a fault itself, on the shared stream. */
const BY_FAULT_HANDLER = rowsOf(`
the handler of faults              | gets           | then           | the errors                                          | aborted          | unhandled
answers                            | 503            | ends / goes on | exception                                           |                  | .
answers later                      | 503            | goes on        | exception                                           |                  | .
answers twice                      | 503            | ends / goes on | exception                                           |                  | .
answers, and breaks it off         | . / 503 broken | ends / goes on | exception                                           | boom             | .
answers, and never ends it         | 503 broken     | ends / goes on | exception                                           | connection-reset | .
answers with a status that is none | 500            | ends / goes on | fault-handler-failed exception                      |                  | .
never answers                      | 500            | ends / goes on | exception                                           |                  | .
retains, and never answers         |                | ends / goes on | exception                                           | connection-reset | .
retains, and releases              | 500            | goes on        | exception                                           |                  | .
retains, and fails                 | 500            | goes on        | exception fault-handler-failed                      |                  | .
throws when it is called           | 500            | ends / goes on | fault-handler-failed fault-handler-failed exception |                  | .
fails at once                      | 500            | ends / goes on | fault-handler-failed fault-handler-failed exception |                  | .
throws at each                     | 500            | ends / goes on | fault-handler-failed exception                      |                  | .
ends at once                       | 500            | ends / goes on | exception                                           |                  | .
tears down with a throw            | 500            | ends / goes on | exception                                           |                  | .
`);

/**
 * The outcomes, from octet to octet of the request. The errors are after the colon. The reasons of aborted exchanges are in brackets: a
 * client that disconnects is not a fault.
 */
const BY_OCTET_IN = rowsOf(`
the connection | HTTP/1.1                         | HTTP/2                                            | of the request
is reset       | nothing, ends                    | nothing, ends (connection-reset)                  | a part of the head: what it took along on HTTP/2 is the other one
is reset       | nothing, ends (connection-reset) | nothing, ends (connection-reset connection-reset) | a part of the content
is reset       | 200, ends                        | 200, ends (connection-reset)                      | all: what it took along on HTTP/2 is the other one
is half closed | 400, ends                        | nothing, ends (connection-reset)                  | a part of the head
is half closed | .                                | nothing, ends (connection-reset connection-reset) | a part of the content
is half closed | 200, ends                        | 200, ends (connection-reset)                      | all
falls silent   | .                                | nothing, ends                                     | a part of a frame header
falls silent   | 408, ends: head-timeout          | nothing, ends: head-timeout (head-timeout)        | a part of the head
falls silent   | 408, ends: body-timeout          | 408, ends: body-timeout                           | a part of the content
falls silent   | 200, ends                        | 200, ends                                         | all
`);

/** And from octet to octet of what is written. */
const BY_OCTET_OUT = rowsOf(`
the connection | HTTP/1.1                     | HTTP/2                                                     | of the answers
is reset       | nothing, ends                | nothing, ends (connection-reset)                           | a part of the first
is reset       | 200, ends                    | 200, ends (connection-reset)                               | a part of the second
is reset       | .                            | 200, ends                                                  | what was beside it, too
is reset       | 200, goes on                 | 200, goes on                                               | all
takes no more  | nothing, ends: write-timeout | nothing, ends: write-timeout (write-timeout write-timeout) | a part of the first
takes no more  | 200, ends: write-timeout     | 200, ends: write-timeout (write-timeout)                   | a part of the second
takes no more  | 200, goes on: write-timeout  | 200, goes on: write-timeout                                | a part of the last
takes no more  | 200, goes on                 | 200, goes on                                               | all
`);

/** The cell of a row that is for `version`; empty: nothing. */
function cell(row: Readonly<Record<string, string>>, column: string, version: Version): string {
  const [first, second = first] = row[column]!.split(' / ');
  const own = version === 'HTTP/1.1' ? first! : second!;
  return own === '.' ? '' : own;
}

describe.each(VERSIONS)('%s', (version) => {
  const matrix = (
    table: readonly Readonly<Record<string, string>>[],
    injected: (name: string) => Injection,
    [first]: readonly string[] = Object.keys(table[0]!),
  ): void =>
    it.each(table.map((row) => [row[first!]!, row] as const))('%s', (name, row) =>
      expect(inject(version, injected(name))).toEqual({
        gets: cell(row, 'gets', version),
        then: cell(row, 'then', version),
        faults: cell(row, 'the errors', version),
        aborted: cell(row, 'aborted', version),
        unhandled: cell(row, 'unhandled', version),
      }),
    );

  describe('the handler', () => matrix(BY_HANDLER, (name) => ({ request: HANDLERS[name]! })));

  describe('the handler of faults', () =>
    matrix(BY_FAULT_HANDLER, (name) => ({ request: throwing, error: FAULT_HANDLERS[name]! })));

  it.each(Object.entries(HARMLESS))('%s, and every request gets its response', (_, injection) =>
    expect(inject(version, injection)).toEqual({
      gets: '200',
      then: 'goes on',
      faults: '',
      aborted: '',
      unhandled: '',
    }),
  );

  it.each([
    ['forth', HOURS],
    ['back', -HOURS],
  ])('a clock that is set five hours %s holds no time limit up', (_, clock) => {
    const { begin, size } = FAULTY[version];
    const injection = { clock, traits: [stallAt(begin + size - 1)], limits: { bodyTimeout: 20 } };
    expect(inject(version, injection)).toMatchObject({ gets: '408', faults: 'body-timeout' });
  });

  /** What is seen from octet to octet, each time that it is something else. */
  const runs = (offsets: readonly number[], cause: (offset: number) => Injection): string[] => {
    const seen = offsets.map((offset) => {
      const { gets, then, faults, aborted, unhandled } = inject(version, cause(offset));
      expect(unhandled).toBe('');
      const words = `${gets === '' ? 'nothing' : gets}, ${then}`;
      return `${words}${faults === '' ? '' : `: ${faults}`}${aborted === '' ? '' : ` (${aborted})`}`;
    });
    return seen.filter((each, index) => each !== seen[index - 1]);
  };
  const drawn = (table: readonly Readonly<Record<string, string>>[], name: string): string[] =>
    table.filter((row) => row['the connection'] === name && row[version] !== '.').map((row) => row[version]!);

  it.each(Object.entries(BEHIND))('the connection %s, after each octet of the request', (name, cause) => {
    const { begin, size } = FAULTY[version];
    const offsets = Array.from({ length: size }, (_, index) => begin + index + 1);
    expect(runs(offsets, cause)).toEqual(drawn(BY_OCTET_IN, name));
  });

  it.each(Object.entries(TAKEN))('the connection %s, when some of the responses were taken', (name, cause) => {
    const offsets = Array.from({ length: 50 }, (_, index) => index * 9);
    expect(runs(offsets, cause)).toEqual(drawn(BY_OCTET_OUT, name));
  });
});
