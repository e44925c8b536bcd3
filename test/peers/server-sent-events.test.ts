/** Server-sent events with peers that no one here wrote: servers of node:http and node:http2 for our client, undici's EventSource for our server. */
import * as http from 'node:http';
import * as http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { firstValueFrom, Subject, type Subscription, take, toArray } from 'rxjs';
import { client, type ListenAddress, serve } from 'rxpaf';
import { EventLog, events, eventSource, type ReceivedEvent } from 'rxpaf/sse';
import { EventSource } from 'undici';
import { becomes } from '../kits/peers/peer.js';

const cleanups: (() => void)[] = [];
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()));

type Respond = (
  request: { readonly headers: http.IncomingHttpHeaders },
  response: {
    writeHead(status: number, headers: Record<string, string>): unknown;
    write(text: string): unknown;
    end(text?: string): unknown;
  },
) => void;

/** A server of Node's that responds to its requests by `responses` in turn; their `Last-Event-ID`. */
async function nodeServer(
  protocol: 'http/1.1' | 'h2',
  responses: readonly Respond[],
): Promise<{ url: string; ids: (string | undefined)[] }> {
  const ids: (string | undefined)[] = [];
  const onRequest = (request: { headers: http.IncomingHttpHeaders }, response: Parameters<Respond>[1]): void => {
    ids.push(request.headers['last-event-id'] as string | undefined);
    responses[Math.min(ids.length, responses.length) - 1]!(request, response);
  };
  const server: http.Server | http2.Http2Server =
    protocol === 'h2' ? http2.createServer(onRequest as never) : http.createServer(onRequest as never);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()));
  cleanups.push(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, ids };
}

const STREAM = { 'content-type': 'text/event-stream; charset=utf-8' };

describe.each(['http/1.1', 'h2'] as const)('eventSource over %s', (protocol) => {
  const connected = (): ReturnType<typeof client> => {
    const made = client({ protocols: [protocol], retry: false });
    cleanups.push(() => made.close());
    return made;
  };

  it('connects again after each end with the last id, and completes at 204', async () => {
    const { url, ids } = await nodeServer(protocol, [
      (_, response) => {
        response.writeHead(200, STREAM);
        response.write('retry: 1\n\nid: 1\ndata: a\n\n');
        response.end('id: 2\nevent: b\ndata: b\n\ndata: not whole');
      },
      (_, response) => {
        response.writeHead(200, STREAM);
        response.end('data: c\n\n');
      },
      (_, response) => {
        response.writeHead(204, {});
        response.end();
      },
    ]);
    const got = await firstValueFrom(eventSource(connected(), url, { retry: 60_000 }).pipe(toArray()));
    expect(got).toEqual<ReceivedEvent[]>([
      { type: 'message', data: 'a', lastEventId: '1' },
      { type: 'b', data: 'b', lastEventId: '2' },
      { type: 'message', data: 'c', lastEventId: '2' },
    ]);
    expect(ids).toEqual([undefined, '2', '2']);
  });

  it.each<[string, number, Record<string, string>, string]>([
    ['another status', 404, STREAM, 'bad-status'],
    ['a redirect elsewhere that is not one', 500, STREAM, 'bad-status'],
    ['another content type', 200, { 'content-type': 'text/html' }, 'malformed-response'],
    ['no content type', 200, {}, 'malformed-response'],
  ])('fails at %s', async (_title, status, headers, code) => {
    const { url, ids } = await nodeServer(protocol, [
      (_, response) => {
        response.writeHead(status, headers);
        response.end('data: a\n\n');
      },
    ]);
    const error: unknown = await firstValueFrom(eventSource(connected(), url)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, response: { status } });
    expect(ids).toHaveLength(1);
  });

  it('connects again to a server that is silent for too long', async () => {
    const { url, ids } = await nodeServer(protocol, [
      (_, response) => {
        response.writeHead(200, STREAM);
        response.write('id: 1\ndata: a\n\n');
      },
    ]);
    const source = eventSource(connected(), url, { retry: 1, silence: 50 }).pipe(take(2), toArray());
    expect((await firstValueFrom(source)).map(({ data }) => data)).toEqual(['a', 'a']);
    expect(ids).toEqual([undefined, '1']);
  });
});

describe("undici's EventSource", () => {
  it('gets events, types and ids, connects again after a shutdown, and misses none', async () => {
    const log = new EventLog();
    const begin = async (port: number): Promise<{ port: number; stop: Subject<void>; ended: Promise<void> }> => {
      const stop = new Subject<void>();
      let ended: Promise<void> = Promise.resolve();
      const address = await new Promise<ListenAddress>((listening) => {
        ended = new Promise((done) => {
          const serving: Subscription = serve(
            { host: '127.0.0.1', port, listening, stop, limits: { lameDuckTimeout: 1 } },
            (request) => events(log.after(request.headers.get('last-event-id')), { stop, retry: 20, heartbeat: 5 }),
          ).subscribe({ complete: done });
          cleanups.push(() => serving.unsubscribe());
        });
      });
      return { port: address.port!, stop, ended };
    };
    const first = await begin(0);
    const source = new EventSource(`http://127.0.0.1:${first.port}/`);
    cleanups.push(() => source.close());
    const got: string[] = [];
    const keep = ({ type, data, lastEventId }: { type: string; data: string; lastEventId: string }): void =>
      void got.push(`${type} ${data} ${lastEventId}`);
    source.onmessage = keep as never;
    source.addEventListener('price', keep as never);
    await becomes(() => source.readyState === 1, 'it is open');
    log.add('a');
    log.add({ event: 'price', data: '1\n2' });
    await becomes(() => got.length === 2, 'it has two events');
    first.stop.next();
    await first.ended;
    log.add('missed');
    await begin(first.port);
    await becomes(() => got.length === 3, 'it has what it missed');
    expect(got).toEqual(['message a 1', 'price 1\n2 2', 'message missed 3']);
  });
});
