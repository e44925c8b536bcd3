/**
 * One scene for all faults of a server and the network that a client sees: two requests on one connection. The outcome of each is a word;
 * the conditions that must always hold are checked here.
 */
import { catchError, map, mergeMap, type Observable, of, take, timer } from 'rxjs';
import { ClientError, type ClientResponse } from 'rxpaf';
import { type FlowTrait, h1, h2, httpTest, type TestClient, type TestFlow, type Wire } from 'rxpaf/testing';
import { Clockwork, type Version, Watch } from './fault-matrix.js';

/** The response of the server to the request under test, in its parts: head, content, more of it, trailers. */
export const ANSWER: Readonly<Record<Version, readonly Uint8Array[]>> = {
  'HTTP/1.1': [
    Buffer.from('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'),
    Buffer.from('2\r\nab\r\n'),
    Buffer.from('2\r\ncd\r\n'),
    Buffer.from('0\r\nt: 1\r\n\r\n'),
  ],
  'HTTP/2': [h2.responseHead(1, 200), h2.data(1, 'ab'), h2.data(1, 'cd'), h2.headers(1, { t: '1' }, { end: true })],
};

/** The response of the server to the other request: concurrent on HTTP/2, later on HTTP/1.1. */
const OTHER: Readonly<Record<Version, Wire>> = {
  'HTTP/1.1': h1.response(200, 'other'),
  'HTTP/2': h2.response(3, 200, 'other'),
};
const START: Readonly<Record<Version, Wire>> = { 'HTTP/1.1': '', 'HTTP/2': h2.startServer() };

/** The octets before the response. */
export const BEGIN: Readonly<Record<Version, number>> = { 'HTTP/1.1': 0, 'HTTP/2': h2.startServer().length };

/** What goes wrong, in a scene that is otherwise a good one. */
export interface Injury {
  /** The bytes that the server sends in place of its response. */
  readonly says?: readonly Uint8Array[];
  readonly traits?: readonly FlowTrait[];
}

/**
 * Plays the scene.
 *
 * @returns the outcomes of the request under test, and of the other one. An outcome is the status and content of a whole response, or the
 * code of an error. The status precedes the code if the head had come, and `!` follows it if it is safe to send again.
 * @throws unless each of them ends, once; another connection has what it would have had; and nothing is left: no subscription, no timer, no
 * flow that is read.
 */
export function injure(version: Version, { says = ANSWER[version], traits = [] }: Injury): string {
  const watch = new Watch();
  const clockwork = new Clockwork();
  const ends: string[][] = [[], []];
  let server!: TestFlow;
  httpTest(
    ({ flow, connect, expectResponses }) => {
      server = flow('s----a 24ms o 199ms |', { s: START[version], a: says, o: OTHER[version] }, ...traits);
      const client = connect(server, {
        alpn: version === 'HTTP/2' ? 'h2' : 'http/1.1',
        scheduler: clockwork,
        limits: { headTimeout: 60, bodyTimeout: 60, idleTimeout: 120, settingsTimeout: 60 },
      });
      const ask = (at: number, told: string[]): void =>
        void timer(at)
          .pipe(mergeMap(() => watch.source(outcomeOf(request(client)))))
          .subscribe((outcome) => told.push(outcome));
      const bystander = connect(flow('--a|', { a: h1.response(200) }));
      bystander.request({ url: URL });
      expectResponses(bystander).toBe('--a|', { a: '200' });
      ask(1, ends[0]!);
      ask(version === 'HTTP/2' ? 1 : 20, ends[1]!);
    },
    { duration: '2s' },
  );
  expect(ends.map(({ length }) => length)).toEqual([1, 1]);
  expect({ subscriptions: watch.live, timers: clockwork.pending.size }).toEqual({ subscriptions: 0, timers: 0 });
  expect(server.reads.subscriptions.filter(({ unsubscribedFrame }) => unsubscribedFrame === Infinity)).toEqual([]);
  return ends.map(([end]) => end).join(', ');
}

const URL = 'http://test/';

const request = ({ connection }: TestClient): Observable<ClientResponse> =>
  connection.pipe(
    take(1),
    mergeMap((each) => each.request({ url: URL })),
  );

/** What comes of one request, in a word. */
export function outcomeOf(responses: Observable<ClientResponse>): Observable<string> {
  let head = '';
  return responses.pipe(
    mergeMap(({ status, body }) => {
      head = `${status} `;
      return body.text();
    }),
    map((content) => head + content),
    catchError((error: unknown) => of(head + codeOf(error))),
  );
}

function codeOf(error: unknown): string {
  if (!(error instanceof ClientError)) throw error;
  return error.retryable ? `${error.code}!` : error.code;
}
