import { FLAG, FRAME } from './frame/frame.js';
import { frame } from '../../test/kits/units/h2-frames.js';
import { ClientScript, requestHead } from '../../test/kits/units/h2-engines.js';

describe('a client (RFC 9113 section 8.1)', () => {
  it('sends a request and hears its response', () => {
    const script = new ClientScript();
    const stream = script.engine.open();
    const head = requestHead('/up', 'POST', { host: 'ignored', te: 'gzip', accept: '*/*' });
    script.engine.sendMessage(stream, head, 'content');
    expect(script.reply()).toEqual([
      'HEADERS 1 :method=POST :scheme=https :path=/up :authority=example.com accept=*/* content-length=7',
      'DATA 1 END content',
    ]);
    script.send(
      script.headers(1, { ':status': '103', link: '</a>' }, 0),
      script.headers(1, { ':status': '200', 'content-length': '3' }, 0),
      script.data(1, 'abc'),
      script.headers(1, { 'x-sum': '1' }),
    );
    expect(script.log.take()).toEqual(['sent 1', 'informational 1 103', 'head 1 200', 'data 1 3', 'end 1 x-sum 1']);
    expect(script.engine.awaiting).toBe('idle');
  });

  it.each([
    ['GET', ''],
    ['POST', ' content-length=0'],
  ])('says of %s without content:%s', (method, length) => {
    const script = new ClientScript();
    script.get('/', method);
    expect(script.reply()).toEqual([
      `HEADERS 1 END :method=${method} :scheme=https :path=/ :authority=example.com${length}`,
    ]);
  });

  it('knows which responses have no content', () => {
    const script = new ClientScript();
    script.get('/', 'HEAD');
    script.get();
    script.send(
      script.headers(1, { ':status': '200', 'content-length': '1000' }),
      script.headers(3, { ':status': '304', 'content-length': '1000' }),
    );
    expect(script.log.take()).toEqual(['head 1 200 end', 'head 3 304 end']);
  });

  it('hears 32 interim responses of each stream, and then its response', () => {
    const script = new ClientScript();
    for (const stream of [script.get(), script.get()]) {
      for (let count = 0; count < 32; count++) script.send(script.headers(stream, { ':status': '103' }, 0));
      script.send(script.headers(stream, { ':status': '200' }));
      expect(script.log.take().at(-1)).toBe(`head ${stream} 200 end`);
    }
  });

  it.each<[string, (script: ClientScript) => Buffer[], string]>([
    ['without :status', (s) => [s.headers(1, { a: 'b' })], 'malformed-response'],
    ['interim, that ends', (s) => [s.headers(1, { ':status': '100' })], 'malformed-response'],
    [
      'after 33 interim ones',
      (s) => Array.from({ length: 33 }, () => s.headers(1, { ':status': '103' }, 0)),
      'malformed-response',
    ],
    ['with content first', (s) => [s.data(1, 'x')], 'malformed-response'],
    [
      'shorter than it says',
      (s) => [s.headers(1, { ':status': '200', 'content-length': '2' }, 0), s.data(1, 'x', 1)],
      'truncated',
    ],
    ['too large', (s) => [s.headers(1, { ':status': '200', a: 'x'.repeat(70_000) })], 'header-section-too-large'],
  ])('resets a response that is malformed: %s', (_, make, code) => {
    const script = new ClientScript();
    script.get();
    script.reply();
    const frames = make(script).flatMap((bytes) => (bytes.length < 16_000 ? [bytes] : cutHeaders(bytes)));
    expect(script.ask(...frames)).toHaveLength(1);
    expect(script.log.take().at(-1)).toMatch(new RegExp(`reset 1 peer ${code} `));
  });

  it('forgets an exchange that was given up before its head', () => {
    const script = new ClientScript();
    const stream = script.engine.open();
    script.engine.abort(stream, 'CANCEL');
    expect(script.reply()).toEqual([]);
    expect(script.get()).toBe(3);
    expect(script.reply()[0]).toMatch(/^HEADERS 3/);
  });

  it('cancels a response that nobody reads', () => {
    const script = new ClientScript();
    script.get();
    script.send(script.headers(1, { ':status': '200' }, 0));
    script.reply();
    script.engine.discard(1);
    expect(script.reply()).toEqual(['RST_STREAM 1 CANCEL']);
  });

  it('keeps a complete response whose server does not need the rest of the request', () => {
    const script = new ClientScript();
    const stream = script.engine.open();
    script.engine.sendHead(stream, requestHead('/', 'POST'), undefined);
    script.send(script.headers(1, { ':status': '200' }), script.rst(1, 'NO_ERROR'));
    expect(script.log.take()).toEqual(['head 1 200 end', 'reset 1 peer stream-reset NO_ERROR']);
  });

  it('may say which response is wanted first (RFC 9218 section 7.1)', () => {
    const script = new ClientScript();
    script.engine.reprioritize(script.get(), 0, true);
    expect(script.reply()[1]).toBe('PRIORITY_UPDATE 1 u=0, i');
  });
});

function cutHeaders(bytes: Buffer): Buffer[] {
  const block = bytes.subarray(9);
  const frames: Buffer[] = [];
  for (let at = 0; at < block.length; at += 16_384) {
    const last = at + 16_384 >= block.length ? FLAG.END_HEADERS : 0;
    const part = block.subarray(at, at + 16_384);
    frames.push(at === 0 ? frame(FRAME.HEADERS, FLAG.END_STREAM, 1, part) : frame(FRAME.CONTINUATION, last, 1, part));
  }
  return frames;
}
