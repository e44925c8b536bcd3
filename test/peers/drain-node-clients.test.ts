/**
 * A graceful shutdown under load: 60 clients of node:http with keep-alive post without a pause. None loses a request on a connection whose
 * end has not been announced.
 */
import { Agent, request } from 'node:http';
import { type ListenAddress, type Served, serve, text } from 'rxpaf';
import { map, reduce, Subject } from 'rxjs';

const CLIENTS = 60;

interface Outcome {
  readonly error?: NodeJS.ErrnoException;
  readonly closes?: boolean;
}

/** Posts on the one connection of `agent`. */
function post(agent: Agent, port: number): Promise<Outcome> {
  return new Promise((done) => {
    const sent = request({ agent, port, host: '127.0.0.1', method: 'POST', path: '/' }, (response) => {
      response.resume().on('end', () => done({ closes: response.headers.connection === 'close' }));
      response.on('error', (error) => done({ error }));
    });
    sent.on('error', (error: NodeJS.ErrnoException) => done({ error }));
    sent.end('content');
  });
}

it('loses no request of 60 posting clients, and announces the end on each connection', async () => {
  const stop = new Subject<void>();
  const records: Served[] = [];
  let port = 0;
  let ended: Promise<void> = Promise.resolve();
  await new Promise<void>((listening) => {
    const onListening = (address: ListenAddress): void => {
      port = address.port!;
      listening();
    };
    ended = new Promise((done) => {
      serve({ host: '127.0.0.1', port: 0, stop, listening: onListening }, ({ body }) =>
        body.pipe(
          reduce((sum, chunk) => sum + chunk.length, 0),
          map((sum) => text(String(sum))),
        ),
      ).subscribe({ next: (record) => records.push(record), complete: done });
    });
  });

  let responses = 0;
  const lost: string[] = [];
  let announced = 0;
  const client = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (;;) {
      const { error, closes } = await post(agent, port);
      if (error !== undefined) {
        lost.push(error.code ?? error.message);
        break;
      }
      if (++responses === CLIENTS * 20) stop.next();
      if (closes === true) {
        announced++;
        break;
      }
    }
    agent.destroy();
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  await ended;
  expect({ lost, announced }).toEqual({ lost: [], announced: CLIENTS });
  expect(records.filter(({ status, outcome }) => status !== 200 || outcome !== 'complete')).toEqual([]);
  expect(responses).toBe(records.length);
});
