/**
 * The fault matrix of a client: faults of the network and the server after each octet, and each frame, of a response.
 *
 * ```
 * wire     -f------ ... o--     f: the request that it is about; o: another one, on HTTP/2 beside it, on HTTP/1.1 behind it
 * server   s----a-- ... -o-|    a: the answer to f: head, content, more of it, trailers; somewhere in it, it goes wrong
 * f        -----?               a whole response, or one error
 * o        -------- ... -?      as if nothing had been, where the connection goes on
 * left                          no subscription, no timer, no flow that is read
 * ```
 *
 * Messages that a server must not send are in examples/client-hostile-*.test.ts.
 */
import { h2, halfCloseAt, resetAt, stallAt } from 'rxpaf/testing';
import { ANSWER, BEGIN, injure, type Injury } from '../test/kits/marbles/client-fault-matrix.js';
import type { Version } from '../test/kits/marbles/fault-matrix.js';
import { rowsOf } from '../test/kits/marbles/table.js';

const VERSIONS: readonly Version[] = ['HTTP/1.1', 'HTTP/2'];

/**
 * The outcomes of f and o, from octet to octet of the response. `200 ` and a code: the head came, and its content ended with that error;
 * `!`: it is safe to send it again. On HTTP/1.1 o is requested after f, when the connection may have ended.
 */
const BY_OCTET = rowsOf(`
the connection | HTTP/1.1                      | HTTP/2                                 | of the answer
is reset       | connection-reset, closed!     | connection-reset, connection-reset     | a part of the head
is reset       | 200 connection-reset, closed! | 200 connection-reset, connection-reset | a part of the content
is reset       | 200 abcd, closed!             | 200 abcd, connection-reset             | all
is half closed | truncated, closed!            | connection-reset, connection-reset     | a part of the head
is half closed | 200 truncated, closed!        | 200 connection-reset, connection-reset | a part of the content
is half closed | 200 abcd, closed!             | 200 abcd, connection-reset             | all
falls silent   | headers-timeout, closed!      | headers-timeout, headers-timeout       | a part of the head
falls silent   | 200 body-timeout, closed!     | 200 body-timeout, headers-timeout      | a part of the content
falls silent   | 200 abcd, headers-timeout     | 200 abcd, headers-timeout              | all
`);

/** And from frame to frame, with one frame between them; RST_STREAM is the last of its stream. */
const BY_FRAME = rowsOf(`
between two frames          | what came of f and o          | behind
GOAWAY 0 NO_ERROR           | refused!, refused!            | nothing
GOAWAY 0 NO_ERROR           | 200 refused!, refused!        | the head
GOAWAY 0 NO_ERROR           | 200 abcd, refused!            | all
GOAWAY 1 NO_ERROR           | 200 abcd, refused!            | any
GOAWAY 3 NO_ERROR           | 200 abcd, 200 other           | any
GOAWAY 0 INTERNAL_ERROR     | refused!, refused!            | nothing
GOAWAY 0 INTERNAL_ERROR     | 200 refused!, refused!        | the head
GOAWAY 0 INTERNAL_ERROR     | 200 abcd, refused!            | all
GOAWAY 1 INTERNAL_ERROR     | 200 abcd, refused!            | any
GOAWAY 3 INTERNAL_ERROR     | 200 abcd, 200 other           | any
RST_STREAM 1 NO_ERROR       | protocol-error, 200 other     | nothing
RST_STREAM 1 NO_ERROR       | 200 protocol-error, 200 other | the head
RST_STREAM 1 NO_ERROR       | 200 abcd, 200 other           | all
RST_STREAM 1 CANCEL         | protocol-error, 200 other     | nothing
RST_STREAM 1 CANCEL         | 200 protocol-error, 200 other | the head
RST_STREAM 1 CANCEL         | 200 abcd, 200 other           | all
RST_STREAM 1 REFUSED_STREAM | refused!, 200 other           | nothing
RST_STREAM 1 REFUSED_STREAM | 200 refused!, 200 other       | the head
RST_STREAM 1 REFUSED_STREAM | 200 abcd, 200 other           | all
`);

/** All that an octet which is another one comes to, but for a whole response: of which it may be the content. */
const BY_SPOILED_OCTET: Readonly<Record<Version, readonly string[]>> = {
  'HTTP/1.1': ['body-timeout', 'closed!', 'malformed-response'],
  'HTTP/2': ['body-timeout', 'headers-timeout', 'malformed-response', 'protocol-error'],
};

/** What is seen from one place to the next, each time that it is something else. */
const runs = (version: Version, injuries: readonly Injury[]): string[] =>
  injuries.map((injury) => injure(version, injury)).filter((seen, index, all) => seen !== all[index - 1]);

const columnOf = (table: typeof BY_OCTET, row: string, column: string): string[] =>
  table.filter((each) => Object.values(each)[0] === row).map((each) => each[column]!);

describe.each(VERSIONS)('%s', (version) => {
  const answer = Buffer.concat(ANSWER[version]);

  it.each<[name: string, cause: (offset: number) => Injury]>([
    ['is reset', (offset) => ({ traits: [resetAt(offset)] })],
    ['is half closed', (offset) => ({ traits: [halfCloseAt(offset)] })],
    ['falls silent', (offset) => ({ traits: [stallAt(offset)] })],
  ])('the connection %s, after each octet of a response', (name, cause) => {
    const injuries = Array.from(answer, (_, index) => cause(BEGIN[version] + index + 1));
    expect(runs(version, injuries)).toEqual(columnOf(BY_OCTET, name, version));
  });

  it('any octet of a response is another one', () => {
    const spoiled = [...answer].flatMap((octet, at) =>
      [0, 0xff, octet ^ 1].map((other) => answer.map((each, index) => (index === at ? other : each))),
    );
    const ends = spoiled.flatMap((said) => injure(version, { says: [said] }).split(', '));
    const codes = ends.map((end) => end.replace(/^\d{3} /, '')).filter((end) => /^[a-z]+-[a-z-]+$|^closed!$/.test(end));
    expect([...new Set(codes)].toSorted()).toEqual(BY_SPOILED_OCTET[version]);
  });
});

describe('HTTP/2', () => {
  const answer = ANSWER['HTTP/2'];
  const places = [...answer.keys(), answer.length];
  const names = [...new Set(BY_FRAME.map((row) => row['between two frames']!))];

  it.each(names)('%s, between any two frames of a response', (name) => {
    const [type, stream, code] = name.split(' ') as ['GOAWAY' | 'RST_STREAM', string, 'NO_ERROR'];
    const injuries = places.map((place) => ({
      says:
        type === 'GOAWAY'
          ? answer.toSpliced(place, 0, h2.goaway(Number(stream), code))
          : [...answer.slice(0, place), h2.rst(Number(stream), code)],
    }));
    expect(runs('HTTP/2', injuries)).toEqual(columnOf(BY_FRAME, name, 'what came of f and o'));
  });
});
