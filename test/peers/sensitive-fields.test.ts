/** Fields that are never indexed (RFC 7541 section 6.2.3), as node:http2 sends and reports them: on our server, and through our gateway. */
import * as http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { client, Fields, type ListenAddress, serve, type Service, text } from 'rxpaf';
import type { Subscription } from 'rxjs';

const cleanups: (() => void)[] = [];
afterEach(() => cleanups.splice(0).forEach((cleanup) => cleanup()));

/** The port of a server with `service`. */
function served(service: Service): Promise<number> {
  return new Promise((done) => {
    const listening = (address: ListenAddress): void => done(address.port!);
    const serving: Subscription = serve({ host: '127.0.0.1', port: 0, listening }, service).subscribe();
    cleanups.push(() => serving.unsubscribe());
  });
}

/** The sensitive fields of a response, and the headers. */
function got(
  port: number,
  headers: http2.OutgoingHttpHeaders = {},
): Promise<readonly [string[], http2.IncomingHttpHeaders]> {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  cleanups.push(() => session.destroy());
  return new Promise((done, failed) => {
    session.on('error', failed);
    session
      .request({ ':path': '/', ...headers })
      .on('response', (fields) =>
        done([(fields as { [http2.sensitiveHeaders]?: string[] })[http2.sensitiveHeaders] ?? [], fields]),
      )
      .resume();
  });
}

it('a field of a response that is marked as sensitive', async () => {
  const headers = Fields.from({ 'x-key': 'secret', 'x-open': 'a' }).sensitive('x-key');
  const [sensitive, fields] = await got(await served(() => text('ok', { headers })));
  expect(sensitive).toEqual(['x-key']);
  expect(fields).toMatchObject({ 'x-key': 'secret', 'x-open': 'a' });
});

it('the marks of a request and of its response pass through a gateway', async () => {
  const server = http2.createServer();
  const marks: string[][] = [];
  server.on('stream', (stream, headers) => {
    marks.push((headers as { [http2.sensitiveHeaders]?: string[] })[http2.sensitiveHeaders] ?? []);
    stream.respond({
      ':status': 200,
      'x-answer': 'secret',
      'x-open': 'a',
      [http2.sensitiveHeaders]: ['x-answer'],
    });
    stream.end('ok');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const upstream = client({ baseUrl: `http://127.0.0.1:${port}`, protocols: ['h2'] });
  cleanups.push(
    () => upstream.close(),
    () => server.close(),
  );
  const gateway = await served((request) => upstream.request(request));
  const [sensitive] = await got(gateway, { 'x-key': 'secret', [http2.sensitiveHeaders]: ['x-key'] });
  expect(sensitive).toEqual(['x-answer']);
  expect(marks).toEqual([['x-key']]);
});
