/** The words of the fault matrices over sockets. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { FaultServer } from './fault-injection.js';

/** The server of this file's tests. */
let current: FaultServer | undefined;

/** A server for the tests of a file; the sockets of each test are cut off after it. */
export function faultServer(): FaultServer {
  const server = new FaultServer();
  current = server;
  beforeAll(() => server.start());
  afterEach(() => server.cut());
  afterAll(() => server.stop());
  return server;
}

/** A head of HTTP/1.1. */
export const request = (line: string, ...fields: readonly string[]): string =>
  [`${line} HTTP/1.1`, 'Host: localhost', ...fields, '', ''].join('\r\n');
export const CONTENT = 'Content-Length: 9';
export const LAST = 'Connection: close';

/** Writes `said`, and waits until the server has read it. */
export async function sent(socket: Socket, said: string | Uint8Array): Promise<void> {
  await new Promise((resolve) => socket.write(said, resolve));
  await current!.turns();
}

/** Says it, and waits for the first of what comes back. */
export async function answered(socket: Socket, said: string | Uint8Array): Promise<void> {
  socket.write(said);
  await once(socket, 'data');
}

/** The fault; returns the peer's outcome, if the table has it. */
type Cause = () => Promise<unknown>;

/** A row: what goes wrong, what the peer gets (of its beginning), the faults, and the records that no fault explains. */
export type Row = readonly [what: string, cause: Cause, gets: string, ...faults: string[]];

/** A test of each row. */
export const cells = (server: FaultServer, rows: readonly Row[]): void =>
  it.each(rows.map(([what, cause, gets, ...faults]) => [what, faults.join(', '), cause, gets] as const))(
    '%s: %s',
    async (_what, faults, cause, gets) => {
      let got: unknown;
      const told = await server.under(async () => {
        got = await cause();
      });
      expect(told.join(', ')).toBe(faults);
      expect(typeof got === 'string' ? got.split('\r\n', 1)[0] : '').toBe(gets);
    },
  );
