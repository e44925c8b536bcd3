// A gRPC client that no one here wrote, @grpc/grpc-js: trailers in each form, streams both ways, cancellation, backpressure.
import { Client, type ClientReadableStream, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import {
  bytes,
  empty,
  fromPull,
  type HttpRequest,
  type HttpResponse,
  type ListenAddress,
  type ListenOptions,
  type NodePeer,
  serve,
  type Served,
} from 'rxpaf';
import { concat, map, mergeMap, NEVER, type Observable, of, reduce, Subscription } from 'rxjs';
import { selfSigned } from '../kits/certificate.js';
import { becomes, turns } from '../kits/peers/peer.js';

/** A message with its prefix: one octet that means "not compressed", then its length in four octets. */
function framed(message: Uint8Array): Uint8Array {
  const frame = Buffer.alloc(5 + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}

/** The messages in a body, in whatever chunks it comes. */
function messages(body: Observable<Uint8Array>): Observable<Buffer> {
  let rest = Buffer.alloc(0);
  return body.pipe(
    mergeMap((chunk) => {
      rest = Buffer.concat([rest, chunk]);
      const complete: Buffer[] = [];
      while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
        const end = 5 + rest.readUInt32BE(1);
        complete.push(rest.subarray(5, end));
        rest = rest.subarray(end);
      }
      return complete;
    }),
  );
}

const LARGE = Buffer.alloc(64 * 1024, 'x');
/** What `/test/Flood` produced. */
let produced = 0;

function* flood(): Generator<Uint8Array> {
  for (;;) {
    produced++;
    yield framed(LARGE);
  }
}

const grpc = (body: Observable<Uint8Array>, code = status.OK, message = ''): HttpResponse =>
  bytes(body, {
    headers: { 'content-type': 'application/grpc' },
    trailers: of({ 'grpc-status': String(code), ...(message === '' ? {} : { 'grpc-message': message }) }),
  });

function route({ path, body, headers }: HttpRequest): HttpResponse | Observable<HttpResponse> {
  const name = (message: Uint8Array): string => Buffer.from(message).toString();
  switch (path) {
    case '/test/Unary': {
      const greeting = `hello ${headers.get('x-user') ?? ''}: `;
      return grpc(messages(body).pipe(map((message) => framed(Buffer.from(greeting + name(message))))));
    }
    case '/test/Sum':
      return grpc(
        messages(body).pipe(
          reduce((sum, { length }) => sum + length, 0),
          map((sum) => framed(Buffer.from(String(sum)))),
        ),
      );
    case '/test/Chat':
      return grpc(messages(body).pipe(map(framed)));
    case '/test/Refuse':
      // Trailers-Only: the status is in the one header section.
      return empty({
        status: 200,
        headers: { 'content-type': 'application/grpc', 'grpc-status': '7', 'grpc-message': 'not you' },
      });
    case '/test/FailLate':
      return grpc(of(framed(Buffer.from('one')), framed(Buffer.from('two'))), status.ABORTED, 'half of it');
    case '/test/Flood':
      return grpc(fromPull(flood()));
    case '/test/Hang':
      return grpc(concat(of(framed(Buffer.from('first'))), NEVER));
    default:
      return empty({
        status: 200,
        headers: { 'content-type': 'application/grpc', 'grpc-status': String(status.UNIMPLEMENTED) },
      });
  }
}

const same = (bytes: Buffer): Buffer => bytes;

describe.each(['cleartext', 'TLS'])('@grpc/grpc-js over %s', (transport) => {
  const served: Served<NodePeer>[] = [];
  const faults: string[] = [];
  const serving = new Subscription();
  let peer: Client;

  beforeAll(async () => {
    const certificate = await selfSigned();
    const tls: ListenOptions = transport === 'TLS' ? { tls: certificate } : {};
    const { port } = await new Promise<ListenAddress>((listening, failed) => {
      const service = {
        request: route,
        error: (all: Observable<{ code: string }>) => all.pipe(map(({ code }) => faults.push(code))),
      };
      serving.add(
        serve({ host: '127.0.0.1', port: 0, listening, ...tls }, service).subscribe({
          next: (record) => served.push(record),
          error: failed,
        }),
      );
    });
    const secured =
      transport === 'TLS' ? credentials.createSsl(Buffer.from(certificate.cert)) : credentials.createInsecure();
    peer = new Client(`localhost:${port!}`, secured);
  });

  afterAll(() => {
    peer.close();
    serving.unsubscribe();
  });

  const unary = (method: string, message: string, metadata = new Metadata()): Promise<[string, ServiceError | null]> =>
    new Promise((done) =>
      peer.makeUnaryRequest(method, same, same, Buffer.from(message), metadata, (error, reply) =>
        done([reply?.toString() ?? '', error]),
      ),
    );

  const stream = (method: string): ClientReadableStream<Buffer> =>
    peer.makeServerStreamRequest(method, same, same, Buffer.from('go'));

  it('a unary call: one message, and the status in the trailers', async () => {
    const metadata = new Metadata();
    metadata.set('x-user', 'Ann');
    expect(await unary('/test/Unary', 'anyone there?', metadata)).toEqual(['hello Ann: anyone there?', null]);
  });

  it('a hundred calls at once share one connection', async () => {
    const replies = await Promise.all(Array.from({ length: 100 }, (_, index) => unary('/test/Unary', String(index))));
    expect(replies.map(([reply]) => reply)).toEqual(Array.from({ length: 100 }, (_, index) => `hello : ${index}`));
    expect(new Set(served.map(({ peer }) => peer.port)).size).toBe(1);
  });

  it('an error in the header section (Trailers-Only)', async () => {
    const [, error] = await unary('/test/Refuse', 'please');
    expect([error?.code, error?.details]).toEqual([status.PERMISSION_DENIED, 'not you']);
    expect((await unary('/test/Unknown', ''))[1]?.code).toBe(status.UNIMPLEMENTED);
  });

  it('an error in the trailers, after two messages', async () => {
    const call = stream('/test/FailLate');
    const received: string[] = [];
    call.on('data', (message: Buffer) => received.push(message.toString()));
    const error = await new Promise<ServiceError>((failed) => call.once('error', failed));
    expect([received, error.code, error.details]).toEqual([['one', 'two'], status.ABORTED, 'half of it']);
  });

  it('a stream of requests: a megabyte in messages of a few octets', async () => {
    const reply = await new Promise<string>((done, failed) => {
      const call = peer.makeClientStreamRequest('/test/Sum', same, same, (error, sum) =>
        error === null ? done(sum!.toString()) : failed(error),
      );
      for (let sent = 0; sent < 10_000; sent++) call.write(Buffer.alloc(100));
      call.end();
    });
    expect(reply).toBe('1000000');
  });

  it('streams both ways: each message is echoed before the next one is sent', async () => {
    const call = peer.makeBidiStreamRequest('/test/Chat', same, same);
    const received: string[] = [];
    const ended = new Promise<number>((done) => call.once('status', ({ code }) => done(code)));
    call.on('data', (message: Buffer) => {
      received.push(message.toString());
      if (received.length < 20) call.write(Buffer.from(`message ${received.length}`));
      else call.end();
    });
    call.write(Buffer.from('message 0'));
    expect(await ended).toBe(status.OK);
    expect(received).toEqual(Array.from({ length: 20 }, (_, index) => `message ${index}`));
  });

  it('a client that does not read holds the producer back', async () => {
    produced = 0;
    const call = stream('/test/Flood');
    call.on('error', () => undefined);
    await new Promise((first) => call.once('data', first));
    call.pause();
    let before = -1;
    while (before !== produced) {
      before = produced;
      for (let round = 0; round < 10; round++) await turns();
    }
    // The windows of both ends, and the buffers of two sockets.
    expect(produced * LARGE.length).toBeLessThan(24 * 1024 * 1024);
    call.cancel();
    await becomes(() => served.some(({ request, outcome }) => request.path === '/test/Flood' && outcome === 'aborted'));
  });

  it('a call that is cancelled, and one whose deadline is over, abort the exchange without a fault', async () => {
    const aborted = (): number =>
      served.filter(({ request, outcome }) => request.path === '/test/Hang' && outcome === 'aborted').length;
    const cancelled = stream('/test/Hang');
    cancelled.on('error', () => undefined);
    await new Promise((first) => cancelled.once('data', first));
    cancelled.cancel();
    await becomes(() => aborted() === 1);
    const late = peer.makeServerStreamRequest('/test/Hang', same, same, Buffer.from('go'), {
      deadline: new Date(Date.now() + 200),
    });
    late.on('data', () => undefined);
    const error = await new Promise<ServiceError>((failed) => late.once('error', failed));
    expect(error.code).toBe(status.DEADLINE_EXCEEDED);
    await becomes(() => aborted() === 2);
    expect(faults).toEqual([]);
  });
});
