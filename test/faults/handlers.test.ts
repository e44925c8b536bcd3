/**
 * The fault matrix over real sockets, of faults of the server itself: handlers that do what they should not, and a wall clock that is set.
 * The conditions of every cell are those of `fault-injection.test.ts`.
 */
import { allOf, askOn } from '../kits/faults/fault-injection.js';
import { CONTENT, faultServer, LAST, request, sent } from '../kits/faults/fault-words.js';

const server = faultServer();

/** The faults of handlers, by path; the client's outcome on either protocol, and the errors that are reported. */
const HANDLERS: readonly (readonly [path: string, h1: string, h2: string, ...faults: string[]])[] = [
  ['throws', '500', '500 500 exception\n', 'exception'],
  ['fails-later', '500', '500 500 exception\n', 'exception'],
  ['fails-behind-the-head', '200', '200 broken', 'exception'],
  ['fails-in-its-content', '200', '200 broken', 'exception'],
  ['gives-nothing', '500', '500 500 internal-server-error\n', 'no-response'],
  ['answers-twice', '200', '200 part', 'second-response'],
  ['answers-with-no-status', '500', '500 500 internal-server-error\n', 'invalid-response'],
  ['answers-with-no-content', '500', '500 500 internal-server-error\n', 'invalid-response'],
  ['streams-no-content', '500', '500 500 exception\n', 'exception'],
  ['streams-too-little', '200', '200 broken', 'content-length-mismatch'],
  ['streams-too-much', '200', '200 broken', 'content-length-mismatch'],
  ['leaves-the-content', '200', '200 ok'],
  ['never-reads', '200', '200 ok'],
  ['tears-down-with-a-throw', '200', '200 ok', 'exception'],
];

describe('a handler that does what it should not', () => {
  it.each(HANDLERS)('%s, on HTTP/1.1', async (path, status, h2, ...faults) => {
    let got = '';
    const told = await server.under(async () => {
      const socket = await server.dial();
      socket.write(`${request(`POST /${path}`, CONTENT, LAST)}123456789`);
      got = await allOf(socket);
    });
    expect(told).toEqual(faults);
    expect(got.split(' ')[1]).toBe(status);
    const whole = /^transfer-encoding/im.test(got) ? got.endsWith('0\r\n\r\n') : lengthOf(got);
    expect(whole).toBe(!h2.endsWith('broken'));
  });

  it.each(HANDLERS)('%s, on HTTP/2, and the other streams go on', async (path, _status, expected, ...faults) => {
    const told = await server.under(async () => {
      const session = await server.h2();
      const others = [askOn(session, '/slow'), askOn(session, '/good')];
      expect(await askOn(session, `/${path}`, '123456789')).toBe(expected);
      expect(await Promise.all(others)).toEqual(['200 slow', '200 good']);
      session.destroy();
    });
    expect(told).toEqual(faults);
  });
});

/** Whether a response has as much content as it announces. */
function lengthOf(answer: string): boolean {
  const length = /^content-length: (\d+)/im.exec(answer)?.[1];
  return length !== undefined && answer.length - answer.indexOf('\r\n\r\n') - 4 === Number(length);
}

describe('the wall clock', () => {
  const HOURS = 5 * 3_600_000;

  it.each([
    ['forth', HOURS],
    ['back', -HOURS],
  ])('that is set five hours %s neither fires time limits nor holds them up', async (_, ahead) => {
    const told = await server.under(async () => {
      const patient = await server.dial();
      await sent(patient, request('GET /never'));
      const silent = await server.dial();
      await sent(silent, request('POST /size', CONTENT) + 'abc');
      await server.order({ ahead });
      expect(await allOf(silent)).toMatch(/^HTTP\/1.1 408 /);
      expect(patient.destroyed).toBe(false);
      // And of exchanges that begin later.
      const later = await server.dial();
      later.write(request('POST /size', CONTENT) + 'abc');
      expect(await allOf(later)).toMatch(/^HTTP\/1.1 408 /);
      patient.resetAndDestroy();
    });
    await server.order({ ahead: 0 });
    expect(told).toEqual(['body-timeout', 'body-timeout', 'aborted connection-reset']);
  });
});

describe('heap', () => {
  it('is the same after hundreds of faults', async () => {
    const round = async (): Promise<void> => {
      const session = await server.h2();
      await Promise.all(Array.from({ length: 100 }, () => askOn(session, '/fails-in-its-content')));
      session.destroy();
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          const socket = await server.dial();
          await sent(socket, request('POST /size', CONTENT) + 'abc');
          socket.resetAndDestroy();
        }),
      );
    };
    // What it takes to do so at all.
    for (let turn = 0; turn < 2; turn++) await server.under(round);
    const { heap } = await server.order('report');
    for (let turn = 0; turn < 3; turn++) await server.under(round);
    expect((await server.order('report')).heap - heap).toBeLessThan(2 * 1024 * 1024);
  });
});
