/**
 * The fault matrix of a pool: a fault of one of its connections, after each octet of a response, and the outcomes of its requests. They go
 * on with another connection if that is lawful (RFC 9110 section 9.2.2).
 *
 * ```
 * wire 1     -f------g ...          f, g: two requests, the second when the first has ended
 * server 1   s----a--  ...          a: the answer to f; somewhere in it, it goes wrong
 * server 2   ...                    of our own: it answers all
 * f          -----?                 whole, from one of the two, or one error
 * g                  ... ?          the same
 * left                              no subscription, no timer, no flow that is read
 * ```
 */
import { map, mergeMap, type Observable, of, Subject, timer } from 'rxjs';
import { service, text, Transports, client as clientOf, type Info, type MemoryFlow, memoryTransport } from 'rxpaf';
import { type FlowTrait, h2, halfCloseAt, httpTest, resetAt, stallAt, type TestFlow } from 'rxpaf/testing';
import { ANSWER, BEGIN, outcomeOf } from '../test/kits/marbles/client-fault-matrix.js';
import { Clockwork, type Version, Watch } from '../test/kits/marbles/fault-matrix.js';
import { rowsOf } from '../test/kits/marbles/table.js';

const VERSIONS: readonly Version[] = ['HTTP/1.1', 'HTTP/2'];
const METHODS = ['GET', 'POST'] as const;
type Method = (typeof METHODS)[number];

/**
 * `first`: its response came from the connection with the fault; `second`: from the next one. g is requested as soon as f has ended. On
 * HTTP/2 that is still on the first connection, when nobody knows yet that it has broken. g then fails, if it must not be sent again.
 */
const TABLE = rowsOf(`
the connection | HTTP/1.1 GET                  | HTTP/1.1 POST                 | HTTP/2 GET                         | HTTP/2 POST                        | of the answer
is reset       | second, second                | connection-reset, second      | second, second                     | connection-reset, second           | a part of the head
is reset       | 200 connection-reset, second  | 200 connection-reset, second  | 200 connection-reset, second       | 200 connection-reset, second       | a part of the content
is reset       | first, second                 | first, second                 | first, second                      | first, connection-reset            | all
is half closed | second, second                | truncated, second             | second, second                     | connection-reset, second           | a part of the head
is half closed | 200 truncated, second         | 200 truncated, second         | 200 connection-reset, second       | 200 connection-reset, second       | a part of the content
is half closed | first, second                 | first, second                 | first, second                      | first, connection-reset            | all
falls silent   | headers-timeout, second       | headers-timeout, second       | headers-timeout, headers-timeout   | headers-timeout, headers-timeout   | a part of the head
falls silent   | 200 body-timeout, second      | 200 body-timeout, second      | 200 body-timeout, headers-timeout  | 200 body-timeout, headers-timeout  | a part of the content
falls silent   | first, headers-timeout        | first, headers-timeout        | first, headers-timeout             | first, headers-timeout             | all
`);

/** What is seen: what came of f and of g. */
function injure(version: Version, method: Method, trait: FlowTrait): string {
  const watch = new Watch();
  const clockwork = new Clockwork();
  const ends: string[][] = [[], []];
  const accepted = new Subject<MemoryFlow>();
  let first!: TestFlow;
  let connections = 0;
  httpTest(
    ({ flow, expectObservable }) => {
      const said = version === 'HTTP/1.1' ? '' : h2.startServer();
      first = flow('s----a', { s: said, a: ANSWER[version] }, trait);
      const memory = memoryTransport(accepted, { latency: 1 });
      const info: Info<MemoryFlow, string> = { alpn: () => undefined, peer: () => 'memory', injection: (flow) => flow };
      accepted.pipe(service(info, { request: ({ body }) => body.text().pipe(map(() => text('second'))) })).subscribe();
      const client = clientOf({
        scheduler: clockwork,
        protocols: [version === 'HTTP/1.1' ? 'http/1.1' : 'h2'],
        decompress: false,
        random: () => 0,
        retry: { attempts: 1 },
        limits: { headTimeout: 60, bodyTimeout: 60, idleTimeout: 120, settingsTimeout: 60 },
        transports: Transports.EMPTY.register({
          ...memory,
          connect: (endpoint, context) => (connections++ === 0 ? of(first) : memory.connect(endpoint, context)),
        }),
      });
      const ask = (): Observable<string> =>
        watch.source(outcomeOf(client.request('http://test/', method === 'GET' ? {} : { method, body: 'x' })));
      timer(1)
        .pipe(mergeMap(ask))
        .subscribe((outcome) => {
          ends[0]!.push(outcome);
          ask().subscribe((next) => ends[1]!.push(next));
        });
      timer(1000).subscribe(() => client.shutdown());
      expectObservable(timer(1001).pipe(mergeMap(ask))).toBe('1001ms (c|)', { c: 'closed' });
    },
    { duration: '10s' },
  );
  expect(ends.map(({ length }) => length)).toEqual([1, 1]);
  expect({ subscriptions: watch.live, timers: clockwork.pending.size }).toEqual({ subscriptions: 0, timers: 0 });
  expect(first.reads.subscriptions.filter(({ unsubscribedFrame }) => unsubscribedFrame === Infinity)).toEqual([]);
  expect(connections).toBeLessThanOrEqual(3);
  return ends.map(([end]) => end!.replace('200 abcd', 'first').replace('200 second', 'second')).join(', ');
}

describe.each(VERSIONS)('%s', (version) => {
  const length = Buffer.concat(ANSWER[version]).length;

  describe.each(METHODS)('%s', (method) => {
    it.each<[name: string, cause: (offset: number) => FlowTrait]>([
      ['is reset', resetAt],
      ['is half closed', halfCloseAt],
      ['falls silent', stallAt],
    ])('the connection %s, after each octet of a response', (name, cause) => {
      const all = Array.from({ length }, (_, index) => injure(version, method, cause(BEGIN[version] + index + 1)));
      const seen = all.filter((each, index) => each !== all[index - 1]);
      const rows = TABLE.filter((row) => row['the connection'] === name);
      expect(seen).toEqual(rows.map((row) => row[`${version} ${method}`]!));
    });
  });
});
