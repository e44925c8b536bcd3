/** Our client against our server: messages that go in at one end come out at the other, however the bytes are cut. */
import { fc } from '../../test/kits/properties.js';
import { Output } from '../bytes.js';
import { Fields } from '../http/fields.js';
import type { RequestHead, ResponseHead } from '../http/head.js';
import type { Limits } from '../limits.js';
import { cut } from '../../test/kits/units/h2-frames.js';
import { createH2Client, createH2Server } from './index.js';
import type { H2ClientEngine, H2ServerEngine } from './index.js';
import { Log, optionsWith, requestHead, responseHead } from '../../test/kits/units/h2-engines.js';

class Pair {
  readonly heard = new Log<ResponseHead>();
  readonly served = new Log<RequestHead>();
  readonly client: H2ClientEngine;
  readonly server: H2ServerEngine;

  constructor(
    readonly split: (bytes: Uint8Array) => readonly Uint8Array[] = (bytes) => [bytes],
    limits: Partial<Limits> = {},
  ) {
    this.client = createH2Client(optionsWith(limits), this.heard);
    this.server = createH2Server(optionsWith(limits), this.served);
  }

  /** Until neither has anything to say. */
  settle(): this {
    while (this.client.hasOutput || this.server.hasOutput) {
      this.move(this.client, this.server);
      this.move(this.server, this.client);
    }
    return this;
  }

  private move(from: H2ClientEngine | H2ServerEngine, to: H2ClientEngine | H2ServerEngine): void {
    const output = new Output();
    from.pull(output, 65_536);
    for (const chunk of this.split(output.toBytes())) to.receive(chunk, 0);
  }
}

function echoing(pair: Pair): Pair {
  const { served, server } = pair;
  served.answer = (stream, head) => {
    server.sendHead(stream, responseHead(200, { 'x-path': head.path }), undefined);
  };
  served.received = (stream, chunk) => {
    server.sendData(stream, chunk);
    server.credit(stream, chunk.length);
  };
  served.ended = (stream) => server.sendEnd(stream, Fields.from({ 'x-end': String(stream) }));
  pair.heard.received = (stream, chunk) => pair.client.credit(stream, chunk.length);
  return pair;
}

describe('a client and a server', () => {
  it('report the same to each other, however the bytes are cut', () => {
    const message = fc.tuple(fc.constantFrom('/', '/a', '/b?c=d'), fc.array(fc.nat({ max: 40_000 }), { maxLength: 3 }));
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 5 }), (messages, places) => {
        const pair = echoing(new Pair((bytes) => cut(bytes, places)));
        messages.forEach(([path, sizes], index) => {
          const stream = pair.client.open();
          const fields = { 'x-index': String(index) };
          pair.client.sendHead(stream, requestHead(path, 'POST', fields), undefined);
          for (const size of sizes) pair.client.sendData(stream, Buffer.alloc(size, index));
          pair.client.sendEnd(stream, Fields.EMPTY);
        });
        pair.settle();
        expect(pair.served.heads.map((head) => head.headers.get('x-index'))).toEqual(messages.map((_, at) => `${at}`));
        const ends = messages.map(([path, sizes], index) => ({
          path,
          octets: sizes.reduce((sum, size) => sum + size, 0),
          end: `end ${index * 2 + 1} x-end ${index * 2 + 1}`,
        }));
        expect(pair.heard.heads.map((head) => head.headers.get('x-path'))).toEqual(ends.map((one) => one.path));
        for (const { end } of ends) expect(pair.heard.events).toContain(end);
        const got = Buffer.concat(pair.heard.content);
        ends.forEach(({ octets }, index) => expect(got.filter((byte) => byte === index)).toHaveLength(octets));
        for (const engine of [pair.client, pair.server]) expect(engine.awaiting).toBe('idle');
      }),
      { numRuns: 60 },
    );
  });

  it('carry a megabyte both ways through small windows', () => {
    const pair = echoing(new Pair(undefined, { bodyWindow: 20_000, connectionWindow: 65_535 }));
    const stream = pair.client.open();
    pair.client.sendHead(stream, requestHead('/', 'POST'), 1 << 20);
    for (let index = 0; index < 64; index++) pair.client.sendData(stream, Buffer.alloc(16_384));
    pair.client.sendEnd(stream, Fields.EMPTY);
    pair.settle();
    expect(pair.heard.content.reduce((sum, chunk) => sum + chunk.length, 0)).toBe(1 << 20);
    expect(pair.heard.events.at(-1)).toBe('end 1 x-end 1');
  });

  it('carry ten thousand exchanges one after the other, and many at once', () => {
    const pair = new Pair(undefined, { concurrentStreams: 1000 });
    pair.served.answer = (stream) => pair.server.sendMessage(stream, responseHead(), 'hello');
    pair.heard.received = (stream, chunk) => pair.client.credit(stream, chunk.length);
    pair.settle();
    for (let round = 0; round < 20; round++) {
      while (pair.client.capacity > 0) pair.client.sendMessage(pair.client.open(), requestHead(), '');
      pair.settle();
    }
    expect(pair.heard.heads).toHaveLength(20_000);
    expect(new Set(pair.heard.heads).size).toBeLessThan(20);
  });

  it('push', () => {
    const heard = new Log<ResponseHead>();
    const pair = new Pair();
    const client = createH2Client({ ...optionsWith(), push: true }, heard);
    Object.assign(pair, { client, heard });
    pair.served.answer = (stream) => {
      const promised = pair.server.push(stream, requestHead('/style.css'));
      pair.server.sendMessage(promised, responseHead(), 'css');
      pair.server.sendMessage(stream, responseHead(), 'html');
    };
    pair.settle();
    client.sendMessage(client.open(), requestHead(), '');
    pair.settle();
    expect(heard.events).toEqual([
      ...['sent 1', 'push 1 2 GET /style.css', 'head 2 200', 'data 2 3', 'end 2'],
      ...['head 1 200', 'data 1 4', 'end 1'],
    ]);
  });

  it('end together', () => {
    const pair = new Pair();
    pair.settle();
    pair.client.sendMessage(pair.client.open(), requestHead(), '');
    pair.settle();
    pair.server.shutdown();
    pair.settle();
    expect(pair.client.capacity).toBe(0);
    pair.server.sendMessage(1, responseHead(), 'last');
    pair.settle();
    expect([pair.client.state, pair.server.state]).toEqual(['closing', 'closing']);
    expect(pair.heard.take().slice(1, 5)).toEqual([
      'goaway 2147483647 NO_ERROR',
      'goaway 1 NO_ERROR',
      'head 1 200',
      'data 1 4',
    ]);
  });
});

describe('any octets', () => {
  it('never make an engine throw', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), fc.boolean(), (chunks, begun) => {
        const pair = new Pair();
        if (begun) pair.settle();
        for (const chunk of chunks) {
          pair.server.receive(chunk, 0);
          pair.client.receive(chunk, 0);
          pair.server.pull(new Output(), 65_536);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('of lawful frames with one octet changed never make an engine throw', () => {
    const pair = new Pair();
    pair.client.sendMessage(pair.client.open(), requestHead('/x', 'POST', { a: 'b' }), Buffer.alloc(300));
    const output = new Output();
    pair.client.pull(output, 65_536);
    const bytes = Buffer.from(output.toBytes());
    for (let at = 0; at < bytes.length; at++) {
      for (const change of [1, 0x80, 0xff]) {
        const broken = Buffer.from(bytes);
        broken[at]! ^= change;
        const log = new Log<RequestHead>();
        const server = createH2Server(optionsWith(), log);
        server.receive(broken, 0);
        server.pull(new Output(), 65_536);
        expect(log.events.filter((event) => event.startsWith('error')).length).toBeLessThanOrEqual(1);
      }
    }
  });
});
