/**
 * The tools for finding request smuggling: servers that respond to a request with what they saw of it, and attackers and victims that know
 * their own requests by their targets. A server responds `POST a/0042/a "content"`: method, authority, target, content.
 *
 * In each attack `/0000/` stands for a number of its own, of the same length, so that each line of a log belongs to one attack.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { listen, nodeInfo, type HttpRequest, type HttpResponse, service, text } from 'rxpaf';
import { map, type Observable, type Subscription } from 'rxjs';
import { Listener } from '../units/h2-engines.js';
import { becomes } from '../peers/peer.js';
import { PREFACE, settings } from './raw-h2.js';
import type { Front } from './smuggling-fronts.js';
import { PATIENCE } from '../patience.js';

/**
 * Bytes in which two readers may see different requests, and our reading of them: the responses to the requests, or the status of a
 * refusal. Nothing is read after a refusal.
 */
export type Attack = readonly [title: string, bytes: string, seen: readonly string[]];

/** A request that a server read to its end, and the connection that it came on. */
export interface Seen {
  readonly what: string;
  readonly connection: unknown;
}

/** The server that a front passes requests to. */
export interface Backend {
  readonly port: number;
  /** The requests that it read to their end, in turn. */
  readonly seen: readonly Seen[];
}

/** It responds at once, and ignores the content. */
const EARLY = '/e';

function seenOf(method: string, authority: string, target: string, content: Uint8Array): string {
  return `${method} ${authority}${target} ${JSON.stringify(Buffer.from(content).toString('latin1'))}`;
}

const ended: (() => void)[] = [];
afterAll(() => {
  for (const end of ended.splice(0)) end();
});

/** A server of ours; `h2cUpgrade`: whether it takes up an offer of HTTP/2. */
export async function ourBackend(h2cUpgrade = false): Promise<Backend> {
  const seen: Seen[] = [];
  const answer = (request: HttpRequest, connection: unknown): HttpResponse | Observable<HttpResponse> => {
    const { method, authority, path, body } = request;
    // The bytes after it would be a tunnel, which has no requests.
    if (method === 'CONNECT') return text('no tunnels\n', { status: 405 });
    const told = (content: Uint8Array): HttpResponse => {
      const what = seenOf(method, authority, path, content);
      seen.push({ what, connection });
      return text(what);
    };
    return path.endsWith(EARLY) ? told(Buffer.alloc(0)) : body.bytes().pipe(map(told));
  };
  const port = await new Promise<number>((done) => {
    const serving: Subscription = listen({ port: 0, host: '127.0.0.1', listening: (address) => done(address.port!) })
      .pipe(service(nodeInfo, { request: (request, { peer }) => answer(request, peer.port) }, { h2cUpgrade }))
      .subscribe();
    ended.push(() => serving.unsubscribe());
  });
  return { port, seen };
}

/** node:http; `lenient`: as it was before it knew better. */
export async function nodeBackend(lenient = false): Promise<Backend> {
  const seen: Seen[] = [];
  const server: Server = createServer(
    { insecureHTTPParser: lenient, keepAlive: true },
    (request: IncomingMessage, response) => {
      const chunks: Buffer[] = [];
      const tell = (): void => {
        const { method, url, headers, socket } = request;
        const what = seenOf(method!, headers.host ?? '', url!, Buffer.concat(chunks));
        seen.push({ what, connection: socket.remotePort });
        response.end(what);
      };
      if (request.url!.endsWith(EARLY)) return tell();
      request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', tell);
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ended.push(() => server.close().closeAllConnections());
  return { port: (server.address() as AddressInfo).port, seen };
}

/** `bytes` with the number of the attack in its targets, and in those of a response the other way round. */
export function numbered(bytes: string, index: number): string {
  return bytes.replaceAll('/0000/', `/${String(index).padStart(4, '0')}/`);
}

/** The number of the attack that `line` is of. */
export function numberIn(line: string): string {
  return /\/(\d{4})\//.exec(line)?.[1] ?? 'none';
}

/**
 * Sends `bytes` on a connection of its own, and ends it, so that a server that waits for more sees the end.
 *
 * @returns the responses, each as its status, or as the request that the server saw.
 */
export async function say(port: number, bytes: string): Promise<string[]> {
  const socket: Socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const came: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => came.push(chunk)).on('error', () => undefined);
  socket.setTimeout(PATIENCE, () => socket.destroy(new Error('nobody ends this connection')));
  socket.end(bytes, 'latin1');
  socket.once('end', () => socket.destroy());
  await once(socket, 'close');
  return answersIn(Buffer.concat(came).toString('latin1'));
}

/** The final responses in `text`, to requests none of which is a HEAD. */
export function answersIn(text: string): string[] {
  const answers: string[] = [];
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\r\n\r\n', at);
    if (end < 0) return [...answers, `? ${text.slice(at, at + 40)}`];
    const head = text.slice(at, end + 2);
    const status = /^HTTP\/1\.[01] (\d{3}) /.exec(head)?.[1] ?? '?';
    const from = end + 4;
    if (/^(1\d\d|204|304)/.test(status)) {
      at = from;
      if (status === '101') return [...answers, status];
      continue;
    }
    const length = /\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1];
    const [content, next] = /\r\ntransfer-encoding: chunked\r\n/i.test(head)
      ? dechunked(text, from)
      : [text.slice(from, length === undefined ? undefined : from + Number(length)), from + Number(length ?? Infinity)];
    answers.push(status === '200' ? content : status);
    at = next;
  }
  return answers;
}

function dechunked(text: string, from: number): [content: string, next: number] {
  let content = '';
  for (let at = from; ;) {
    const line = text.indexOf('\r\n', at);
    const size = line < 0 ? NaN : parseInt(text.slice(at, line), 16);
    // It broke off.
    if (Number.isNaN(size)) return [`${content} broken off`, text.length];
    if (size === 0) return [content, text.indexOf('\r\n\r\n', at) + 4];
    content += text.slice(line + 2, line + 2 + size);
    at = line + 4 + size;
  }
}

/** The response to the next client: its own request, as it was seen. A closed connection is not a response. */
export async function victim(port: number, index: number): Promise<string> {
  const bytes = numbered('GET /0000/v HTTP/1.1\r\nHost: v\r\nConnection: close\r\n\r\n', index);
  let answers: string[] = [];
  for (let attempt = 0; attempt < 3; attempt++) {
    answers = await say(port, bytes);
    if (answers.join() !== '502') break;
  }
  return answers.join();
}

/** Sends frames on an HTTP/2 connection of its own. @returns the response to stream 1, as `say` does, or how it was refused. */
export async function sayH2(port: number, frames: string): Promise<string[]> {
  const socket = connect({ port, host: '127.0.0.1' });
  const listener = new Listener();
  let rest: Buffer = Buffer.alloc(0);
  let status = '';
  let content = '';
  const outcome = new Promise<string>((done) => {
    const hear = (bytes: Buffer): void => {
      const line = listener.lines(bytes)[0]!;
      const [name, stream, end] = line.split(' ') as [string, string, string | undefined];
      if (name === 'GOAWAY' || (name === 'RST_STREAM' && stream === '1')) return done(line);
      if (stream !== '1') return;
      status = /:status=(\d+)/.exec(line)?.[1] ?? status;
      if (name === 'DATA') content += bytes.toString('latin1', 9);
      if (end === 'END') done(status === '200' ? content : status);
    };
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      for (let size = sizeOf(rest); rest.length >= size; size = sizeOf(rest)) {
        hear(rest.subarray(0, size));
        rest = rest.subarray(size);
      }
    });
    socket.on('error', () => undefined).once('close', () => done('closed'));
    socket.setTimeout(PATIENCE, () => done('nobody answers'));
  });
  socket.write(Buffer.concat([PREFACE, settings(), Buffer.from(frames, 'latin1')]));
  const answer = await outcome;
  socket.destroy();
  return [answer];
}

/** How long the frame is that `bytes` begin with; Infinity where that has not come. */
function sizeOf(bytes: Buffer): number {
  return bytes.length < 9 ? Infinity : 9 + bytes.readUIntBE(0, 3);
}

/** Sends `attacks` to `front`, with a request of another client after each, and returns what is wrong. */
export async function findings(
  attacks: readonly Attack[],
  speak: (bytes: string, index: number) => Promise<string[]>,
  front: Front,
  backend: Backend,
): Promise<string[]> {
  const found: string[] = [];
  const begun = { log: front.log?.().length, seen: backend.seen.length };
  for (const [index, [title, bytes]] of attacks.entries()) {
    const before = backend.seen.length;
    const answers = await speak(numbered(bytes, index), index);
    const next = await victim(front.h1, index);
    const isOwn = /^GET \S+?\/(\d{4})\/v ""$/.exec(next)?.[1] === numberIn(numbered('/0000/', index));
    if (!isOwn) found.push(`${title}: the next one got ${next}`);
    const told = [...answers, next].filter((answer) => answer.includes(' "'));
    const seen = backend.seen.slice(before).map(({ what }) => what);
    if (told.join() !== seen.join()) found.push(`${title}: responses for ${told.join()}, saw ${seen.join()}`);
  }
  if (front.log === undefined) return found;
  // Logs are written after the responses.
  const sent = (): readonly string[] => front.log!().slice(begun.log);
  const seen = backend.seen.slice(begun.seen).map(({ what }) => what.slice(0, what.indexOf(' "')));
  await becomes(() => sent().length >= seen.length, 'the log is written').catch(() => undefined);
  return [...found, ...misread(attacks, byNumber(sent()), byNumber(seen))];
}

/** The differences between the log of a front and the requests that its upstream saw. */
function misread(attacks: readonly Attack[], sent: Map<string, string>, seen: Map<string, string>): string[] {
  return attacks.flatMap(([title], index) => {
    const number = numberIn(numbered('/0000/', index));
    const [one, other] = [sent.get(number), seen.get(number)];
    return one === other ? [] : [`${title}: sent ${String(one)} saw ${String(other)}`];
  });
}

/** The lines of each attack. */
function byNumber(lines: readonly string[]): Map<string, string> {
  const all = new Map<string, string>();
  for (const line of lines) all.set(numberIn(line), `${all.get(numberIn(line)) ?? ''}${line}; `);
  return all;
}
