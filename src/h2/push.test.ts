import { FLAG, FRAME } from './frame/frame.js';
import { frame } from '../../test/kits/units/h2-frames.js';
import {
  ClientScript,
  DATE,
  GET,
  POST,
  requestHead,
  responseHead,
  ServerScript,
} from '../../test/kits/units/h2-engines.js';
import type { Lines } from '../../test/kits/units/h2-engines.js';

describe('server push (RFC 9113 section 8.4)', () => {
  it('is announced before its response', () => {
    const script = new ServerScript();
    script.send(script.headers(1, GET));
    const promised = script.engine.push(1, requestHead('/style.css'));
    expect(promised).toBe(2);
    script.engine.sendMessage(promised, responseHead(), 'css');
    expect(script.reply()).toEqual([
      'PUSH_PROMISE 1 2 :method=GET :scheme=https :path=/style.css :authority=example.com',
      `HEADERS 2 :status=200 content-length=3 date=${DATE}`,
      'DATA 2 END css',
    ]);
    expect(script.log.take()).toEqual(['head 1 GET / end', 'sent 2']);
  });

  it('is not for clients that do not accept it', () => {
    for (const settings of [
      [2, 0],
      [3, 0],
    ]) {
      const script = new ServerScript({}, settings);
      script.send(script.headers(1, GET));
      expect(script.engine.push(1, requestHead('/style.css'))).toBe(0);
      expect(script.engine.push(3, requestHead('/style.css'))).toBe(0);
    }
  });

  it('can be declined', () => {
    const script = new ServerScript();
    script.send(script.headers(1, GET));
    script.engine.push(1, requestHead('/style.css'));
    script.send(script.rst(2, 'CANCEL'));
    expect(script.log.take()).toEqual(['head 1 GET / end', 'reset 2 peer stream-reset CANCEL']);
  });

  it('is announced to a client that accepts it', () => {
    const script = new ClientScript({ push: true });
    script.get();
    script.reply();
    const promise = (promised: number, lines: Lines): Buffer => {
      const head = Buffer.alloc(4);
      head.writeUInt32BE(promised);
      return frame(FRAME.PUSH_PROMISE, FLAG.END_HEADERS, 1, Buffer.concat([head, script.block(lines)]));
    };
    script.send(promise(2, GET), script.headers(2, { ':status': '200' }, 0), script.data(2, 'x', FLAG.END_STREAM));
    expect(script.log.take()).toEqual(['sent 1', 'push 1 2 GET /', 'head 2 200', 'data 2 1', 'end 2']);
    expect(script.ask(promise(4, POST))).toEqual(['RST_STREAM 4 PROTOCOL_ERROR']);
    expect(script.ask(promise(2, GET))).toEqual(['GOAWAY 4 PROTOCOL_ERROR']);
  });

  it.each([
    ['in one turn, unread: as many as answers may wait', 2000, 1000],
    ['over many turns: as fast as work is done', 1, 10_000],
  ])('is declined without end by nobody, %s', (_, batch, most) => {
    const script = new ClientScript({ push: true });
    script.get();
    script.reply();
    const block = script.block(GET);
    let promised = 0;
    let came: string[] = [];
    while (promised < 25_000 && !came.some((line) => line.startsWith('GOAWAY'))) {
      const promises = Array.from({ length: batch }, () => {
        const head = Buffer.alloc(4);
        head.writeUInt32BE((promised += 2));
        return frame(FRAME.PUSH_PROMISE, FLAG.END_HEADERS, 1, Buffer.concat([head, block]));
      });
      came = script.ask(...promises);
      // Each is declined, as it is by a client whose program takes none of them.
      for (const [, stream] of script.log.take().flatMap((line) => [...line.matchAll(/^push 1 (\d+)/g)])) {
        script.engine.abort(Number(stream), 'CANCEL');
      }
    }
    expect(came.at(-1)).toMatch(/^GOAWAY \d+ ENHANCE_YOUR_CALM$/);
    expect(promised / 2).toBeGreaterThan(most - 10);
    expect(promised / 2).toBeLessThan(Math.max(most, batch) + 10);
  });

  it('ends the connection of a client that does not', () => {
    const script = new ClientScript();
    script.get();
    script.reply();
    expect(script.ask(frame(FRAME.PUSH_PROMISE, FLAG.END_HEADERS, 1, '0000000282'))).toEqual([
      'GOAWAY 0 PROTOCOL_ERROR',
    ]);
  });
});
