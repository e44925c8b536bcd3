/**
 * Peers that are slow on purpose (slowloris), over sockets: in sending a head, in sending content, in reading a response. There are ten of
 * each kind at once, on either protocol, at a server with short time limits. Each is ended in time however its bytes come, and keeps no
 * other client waiting. Each limit to the millisecond, in virtual time: marbles/timeouts.test.ts.
 */
import { connect, type Socket } from 'node:net';
import { type Handler, type NodePeer, response, serve, type Served } from 'rxpaf';
import { catchError, map, of, type Subscription, timeout } from 'rxjs';
import { becomes, sleep } from '../kits/peers/peer.js';
import {
  block,
  data,
  END_HEADERS,
  FLAG,
  FRAME,
  frame,
  GET,
  get,
  headers,
  outcome,
  POST,
  PREFACE,
  RawH2,
  SETTING,
  settings,
} from '../kits/attacks/raw-h2.js';
import { answersIn, say } from '../kits/attacks/smuggling.js';

/** ms: all time limits. */
const SOON = 3000;
const LIMITS = {
  headTimeout: SOON,
  bodyTimeout: SOON,
  writeTimeout: SOON,
  settingsTimeout: SOON,
  lingerTimeout: SOON,
};

/** ms from one byte to the next. */
const PACE = 40;

/** How many do the same at once. */
const MANY = 10;

const PIECE = Buffer.alloc(64 * 1024);
function* endless(): Generator<Uint8Array> {
  for (;;) yield PIECE;
}

/** `/endless` never ends. The other responses state how much content the request had, that of `/whole` if all of it came in time. */
const request: Handler<NodePeer>['request'] = ({ path, body }) => {
  if (path === '/endless') return response(200, {}, endless());
  const size = body.bytes().pipe(map((content) => response(200, {}, String(content.length))));
  if (path !== '/whole') return size;
  return size.pipe(
    timeout({ first: SOON }),
    catchError(() => of(response(408))),
  );
};

let port: number;
let serving: Subscription;
const served: Served<NodePeer>[] = [];

beforeAll(async () => {
  port = await new Promise<number>((done) => {
    const options = { port: 0, host: '127.0.0.1', limits: LIMITS };
    serving = serve({ ...options, listening: (address) => done(address.port!) }, { request }).subscribe((one) =>
      served.push(one),
    );
  });
});
afterAll(() => serving.unsubscribe());

/** What a peer says at once, what it then says again and again, a byte at a time, and how it is ended. */
type Slow = readonly [title: string, first: string | Uint8Array, then: string, end: readonly string[]];

/** Says the bytes of `text` in turn, for ever, until the server has ended its side. */
function dribble(socket: Socket, text: string): void {
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++ % text.length]!, 'latin1'), PACE);
  socket.once('end', () => clearInterval(timer)).once('close', () => clearInterval(timer));
}

/** The responses to a slow peer, once the server has ended the connection. */
async function slowH1([, first, then]: Slow): Promise<string[]> {
  const socket = connect({ port, host: '127.0.0.1' });
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1'))).on('error', () => undefined);
  socket.write(first);
  if (then !== '') dribble(socket, then);
  await new Promise((done) => socket.once('close', done));
  return answersIn(text);
}

/** How its stream, or its connection, was ended. */
async function slowH2([, first, then]: Slow): Promise<string[]> {
  const socket = connect({ port, host: '127.0.0.1' });
  const client = new RawH2(socket).send(Buffer.from(first));
  if (then !== '') dribble(socket, then);
  const lines = await client.until((line) => /^(HEADERS|DATA) 1 END|^RST_STREAM|^closed/.test(line));
  client.destroy();
  // The words of a refusal do not matter; nor whether the system reports an end as a reset.
  return outcome(lines).filter((line) => !/"| \(\d+\)$/.test(line) && line !== 'broken');
}

/** Begins all of `kinds` at once; others ask until they have ended. @returns how each of them did. */
async function ends(kinds: readonly Slow[], slow: (kind: Slow) => Promise<string[]>): Promise<Map<Slow, string[][]>> {
  let lasting = true;
  const all = Promise.all(kinds.map(async (kind) => [kind, await many(() => slow(kind))] as const));
  const over = all.finally(() => (lasting = false));
  over.catch(() => undefined);
  for (; lasting; await sleep(50)) {
    expect(await say(port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok')).toEqual(['2']);
  }
  return new Map(await over);
}

function many<T>(one: () => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: MANY }, one));
}

/** A test for each of `kinds`, all of which go on at the same time. */
function areEnded(kinds: readonly Slow[], slow: (kind: Slow) => Promise<string[]>): void {
  let came: Map<Slow, string[][]>;
  beforeAll(async () => (came = await ends(kinds, slow)));
  it.each(kinds)('%s', (title) => {
    const kind = kinds.find(([one]) => one === title)!;
    expect(came.get(kind)).toEqual(Array<readonly string[]>(MANY).fill(kind[3]));
  });
}

const HEAD = 'POST / HTTP/1.1\r\nHost: a\r\n';
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;

describe('HTTP/1.1: a peer that is slow in sending is ended in time', () => {
  areEnded(
    [
      ['that says nothing', '', '', []],
      ['in a target', 'GET /', 'y', ['408']],
      ['in a field', 'GET / HTTP/1.1\r\nX: ', 'y', ['408']],
      ['in one field behind the other', 'GET / HTTP/1.1\r\n', 'x:y\r\n', ['408']],
      ['in the head of the next request', 'GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /', 'y', ['0', '408']],
      ['that stops in content', `${HEAD}Content-Length: 9\r\n\r\nx`, '', ['408']],
      ['that stops in a chunk', `${CHUNKED}9\r\nx`, '', ['408']],
      ['in a chunk extension', `${CHUNKED}1;`, 'x', ['408']],
      ['in trailers', `${CHUNKED}0\r\nx: `, 'y', ['408']],
      [
        'in content that has to come as a whole',
        `${HEAD.replace('/', '/whole')}Content-Length: 9999\r\n\r\n`,
        'x',
        ['408'],
      ],
    ],
    slowH1,
  );
});

const OPEN = Buffer.concat([PREFACE, settings(), frame(FRAME.SETTINGS, FLAG.ACK, 0)]);
const open = (...frames: Uint8Array[]): Uint8Array => Buffer.concat([OPEN, ...frames]);
/** The header of a frame of 1020 octets, none of which comes with it. */
const begun = (type: number, flags: number, stream = 1): Buffer =>
  frame(type, flags, stream, Buffer.alloc(1020)).subarray(0, 9);
const WHOLE = [POST[0]!, POST[1]!, [':path', '/whole'], POST[3]!] as const;

describe('HTTP/2: a peer that is slow in sending is ended in time', () => {
  areEnded(
    [
      ['in the preface', PREFACE.subarray(0, 20), '', ['closed']],
      [
        'in its first SETTINGS',
        Buffer.concat([PREFACE, begun(FRAME.SETTINGS, 0, 0)]),
        '\0',
        ['GOAWAY SETTINGS_TIMEOUT', 'closed'],
      ],
      [
        'that acknowledges no SETTINGS',
        Buffer.concat([PREFACE, settings()]),
        '',
        ['GOAWAY SETTINGS_TIMEOUT', 'closed'],
      ],
      ['in HEADERS', open(begun(FRAME.HEADERS, END_HEADERS)), '\0', ['GOAWAY PROTOCOL_ERROR', 'closed']],
      [
        'that stops between HEADERS and CONTINUATION',
        open(frame(FRAME.HEADERS, 0, 1, block(GET))),
        '',
        ['GOAWAY PROTOCOL_ERROR', 'closed'],
      ],
      ['that stops in content', open(headers(1, POST, END_HEADERS)), '', ['1 408', '1 end']],
      [
        'in content that has to come as a whole',
        open(headers(1, WHOLE, END_HEADERS)),
        data(1, 'x', 0).toString('latin1'),
        ['1 408', '1 end'],
      ],
      [
        'that opens no window for an answer',
        Buffer.concat([
          PREFACE,
          settings(SETTING.INITIAL_WINDOW_SIZE, 0),
          frame(FRAME.SETTINGS, FLAG.ACK, 0),
          headers(1, get('/endless')),
        ]),
        '',
        ['1 200', '1 RST_STREAM CANCEL'],
      ],
    ],
    slowH2,
  );
});

describe('a peer that does not read', () => {
  it.each<[string, string | Uint8Array]>([
    ['HTTP/1.1', 'GET /endless HTTP/1.1\r\nHost: a\r\n\r\n'],
    [
      'HTTP/2',
      Buffer.concat([
        PREFACE,
        settings(SETTING.INITIAL_WINDOW_SIZE, 0x7fff_ffff),
        frame(FRAME.SETTINGS, FLAG.ACK, 0),
        headers(1, get('/endless')),
      ]),
    ],
  ])('of %s is left in time', async (_, bytes) => {
    served.length = 0;
    const deaf = Array.from({ length: MANY }, () => connect({ port, host: '127.0.0.1' }).pause());
    for (const socket of deaf) socket.on('error', () => undefined).write(bytes);
    const left = (): number =>
      served.filter(({ request: { path }, outcome: how }) => path === '/endless' && how === 'aborted').length;
    for (; left() < MANY; await sleep(50)) expect(await say(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toEqual(['0']);
    await becomes(() => left() === MANY);
    for (const socket of deaf) socket.destroy();
  });
});
