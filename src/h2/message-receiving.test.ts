import { Fields } from '../http/fields.js';
import { FLAG } from './frame/frame.js';
import { DATE, GET, POST, responseHead, ServerScript } from '../../test/kits/units/h2-engines.js';
import type { Lines } from '../../test/kits/units/h2-engines.js';

const NO_TRAILERS = Fields.EMPTY;

describe('requests (RFC 9113 section 8.1)', () => {
  it('have a head, content and trailers', () => {
    const script = new ServerScript();
    script.send(
      script.headers(1, { ...POST, 'content-length': '5' }, 0),
      script.data(1, 'abc'),
      script.data(1, 'de'),
      script.headers(1, { 'x-sum': '1' }),
    );
    expect(script.log.take()).toEqual(['head 1 POST /', 'data 1 3', 'data 1 2', 'end 1 x-sum 1']);
  });

  it('may end with DATA that is empty', () => {
    const script = new ServerScript();
    script.send(script.headers(1, POST, 0), script.data(1, '', FLAG.END_STREAM));
    expect(script.log.take()).toEqual(['head 1 POST /', 'end 1']);
  });

  /** A POST that is responded to in full, and discarded, before its content comes. */
  function responded(lines: Lines): ServerScript {
    const script = new ServerScript();
    script.send(script.headers(1, lines, 0));
    script.engine.sendMessage(1, responseHead(404), 'no');
    script.engine.discard(1);
    script.reply();
    script.log.take();
    return script;
  }

  it.each<[string, (script: ServerScript) => Buffer[]]>([
    ['more content', (script) => [script.data(1, 'abcdef', FLAG.END_STREAM)]],
    ['more content, in two frames', (script) => [script.data(1, 'abc'), script.data(1, 'def')]],
    ['less content', (script) => [script.data(1, 'abc', FLAG.END_STREAM)]],
    ['less before trailers', (script) => [script.data(1, 'abc'), script.headers(1, { a: 'b' })]],
    ['a pseudo-header field in its trailers', (script) => [script.data(1, 'abcde'), script.headers(1, GET)]],
    ['an upper-case name in its trailers', (script) => [script.data(1, 'abcde'), script.headers(1, { A: 'b' })]],
    ['a field of the connection in them', (script) => [script.data(1, 'abcde'), script.headers(1, { upgrade: 'b' })]],
    ['a second head', (script) => [script.headers(1, { a: 'b' }, 0)]],
  ])('are malformed after their response as well: with %s', (_, make) => {
    const script = responded(fiveOctets);
    expect(script.ask(...make(script)).at(-1)).toBe('RST_STREAM 1 PROTOCOL_ERROR');
  });

  it.each<[string, (script: ServerScript) => Buffer[]]>([
    ['content', (script) => [script.data(1, 'abcde', FLAG.END_STREAM)]],
    ['content and trailers', (script) => [script.data(1, 'abcde'), script.headers(1, { a: 'b' })]],
  ])('may go on after their response, with %s as announced', (_, make) => {
    const script = responded(fiveOctets);
    expect(script.ask(...make(script)).filter((frame) => frame.startsWith('RST_STREAM'))).toEqual([]);
    expect(script.ask(script.headers(3, GET))).toBeDefined();
  });

  it('that are malformed never reach the application, and end their stream alone (8.1.1)', () => {
    const script = new ServerScript().answering();
    const { ':path': _path, ...pathless } = GET;
    expect(script.ask(script.headers(1, pathless, 0), script.data(1, 'x'))).toEqual(['RST_STREAM 1 PROTOCOL_ERROR']);
    expect(script.log.take()).toEqual(['fault 1 malformed-request PROTOCOL_ERROR']);
    expect(script.ask(script.headers(3, GET))).toHaveLength(2);
  });

  it.each<[string, Lines]>([
    ['an upper-case name (8.2.1)', { ...GET, 'X-Upper': '1' }],
    ['a connection-specific field (8.2.2)', { ...GET, connection: 'close' }],
    ['TE (8.2.2)', { ...GET, te: 'gzip' }],
    ['an unknown pseudo-header field (8.3)', { ...GET, ':foo': '1' }],
    ['a pseudo-header field of responses (8.3)', { ...GET, ':status': '200' }],
    ['a pseudo-header field behind a field (8.3)', { ':method': 'GET', a: 'b', ':scheme': 'https', ':path': '/' }],
    ['a pseudo-header field twice (8.3)', [...Object.entries(GET), [':path', '/']]],
    ['an empty :path (8.3.1)', { ...GET, ':path': '' }],
    ['CONNECT with :path (8.5)', { ':method': 'CONNECT', ':authority': 'a:1', ':path': '/' }],
    ['a zero-length name', { ...GET, '': 'x' }],
  ])('with %s are malformed', (_, lines) => {
    const script = new ServerScript();
    expect(script.ask(script.headers(1, lines))).toEqual(['RST_STREAM 1 PROTOCOL_ERROR']);
    expect(script.log.take()).toEqual(['fault 1 malformed-request PROTOCOL_ERROR']);
  });

  it.each<[string, (script: ServerScript) => Buffer[]]>([
    ['less content', (script) => [script.headers(1, fiveOctets, 0), script.data(1, 'abc', 1)]],
    ['more content', (script) => [script.headers(1, fiveOctets, 0), script.data(1, 'abcdef')]],
    ['less before trailers', (script) => [script.headers(1, fiveOctets, 0), script.headers(1, { a: 'b' })]],
  ])('with %s than Content-Length says are malformed (8.1.1)', (_, make) => {
    const script = new ServerScript();
    expect(script.ask(...make(script))).toEqual(['RST_STREAM 1 PROTOCOL_ERROR']);
    expect(script.log.take().at(-1)).toBe('reset 1 peer content-length-mismatch PROTOCOL_ERROR');
  });

  it('with Content-Length and no content at all are malformed (8.1.1)', () => {
    const script = new ServerScript();
    expect(script.ask(script.headers(1, fiveOctets))).toEqual(['RST_STREAM 1 PROTOCOL_ERROR']);
    expect(script.log.take()).toEqual(['fault 1 content-length-mismatch PROTOCOL_ERROR']);
  });

  it('whose trailers have pseudo-header fields, or do not end them, are malformed (8.1)', () => {
    for (const [lines, flags] of [[{ ':method': 'GET' }, FLAG.END_STREAM] as const, [{ a: 'b' }, 0] as const]) {
      const script = new ServerScript();
      expect(script.ask(script.headers(1, POST, 0), script.headers(1, lines, flags))).toEqual([
        'RST_STREAM 1 PROTOCOL_ERROR',
      ]);
      expect(script.log.take()[1]).toBe('reset 1 peer malformed-request PROTOCOL_ERROR');
    }
  });

  it('give their octets to nobody once they are reset', () => {
    const script = new ServerScript();
    script.send(script.headers(1, fiveOctets, 0), script.data(1, 'abcdef'), script.data(1, 'x'));
    expect(script.log.take()).toEqual(['head 1 POST /', 'reset 1 peer content-length-mismatch PROTOCOL_ERROR']);
  });
});

const fiveOctets = { ...POST, 'content-length': '5' };

describe('limits of a request head (RFC 9113 section 10.5.1)', () => {
  it.each([
    ['too large a header list', { headerList: 300 }, { ...GET, a: 'x'.repeat(200) }, 431, 'header-section-too-large'],
    ['too many fields', { headerFields: 6 }, { ...GET, a: '1', b: '2', c: '3' }, 431, 'too-many-fields'],
    ['too long a target', { requestTarget: 10 }, { ...GET, ':path': '/123456789x' }, 414, 'target-too-long'],
  ])('%s can get a response', (_, limits, lines, status, code) => {
    const script = new ServerScript(limits);
    script.send(script.headers(1, lines, 0), script.data(1, 'ignored'));
    expect(script.log.take()).toEqual([`invalid 1 ${status} ${code}`]);
    script.engine.sendMessage(1, responseHead(status), 'no');
    expect(script.reply()).toEqual([`HEADERS 1 :status=${status} content-length=2 date=${DATE}`, 'DATA 1 END no']);
    expect(script.log.take()).toEqual(['sent 1']);
  });

  it('too large a trailer section before the response can get a response', () => {
    const script = new ServerScript({ headerList: 300 });
    script.send(script.headers(1, POST, 0), script.headers(1, { a: 'x'.repeat(300) }));
    expect(script.log.take()).toEqual(['head 1 POST /', 'invalid 1 431 header-section-too-large']);
    script.engine.sendMessage(1, responseHead(431), '');
    expect(script.reply()).toEqual([`HEADERS 1 END :status=431 content-length=0 date=${DATE}`]);
  });

  it('too large a trailer section resets a stream whose response has begun', () => {
    const script = new ServerScript({ headerList: 300 });
    script.send(script.headers(1, POST, 0));
    script.engine.sendHead(1, responseHead(), undefined);
    script.send(script.headers(1, { a: 'x'.repeat(300) }));
    expect(script.reply().at(-1)).toBe('RST_STREAM 1 ENHANCE_YOUR_CALM');
  });

  it('keeps HPACK in step over a list that is too large', () => {
    const script = new ServerScript({ headerList: 300 });
    script.send(script.headers(1, { ...GET, a: 'x'.repeat(200), b: 'kept' }));
    script.send(script.headers(3, { ...GET, b: 'kept' }));
    expect(script.log.heads[0]!.headers.get('b')).toBe('kept');
  });
});

describe('responses (RFC 9113 section 8.1)', () => {
  function responding(lines: Lines = GET, flags: number = FLAG.END_STREAM): ServerScript {
    const script = new ServerScript();
    script.send(script.headers(1, lines, flags));
    script.log.take();
    return script;
  }

  it('are one turn, one piece, when they are short', () => {
    const script = responding();
    script.engine.sendMessage(1, responseHead(200, { 'content-type': 'text/plain' }), 'h\u00e9llo');
    expect(script.reply()).toEqual([
      `HEADERS 1 :status=200 content-type=text/plain content-length=6 date=${DATE}`,
      'DATA 1 END h\u00e9llo',
    ]);
    expect(script.log.take()).toEqual(['sent 1']);
  });

  it('may be streamed, and end with trailers', () => {
    const script = responding();
    expect(script.engine.sendHead(1, responseHead(), undefined)).toBe(true);
    expect(script.engine.sendData(1, Buffer.from('ab'))).toBe(true);
    expect(script.engine.sendData(1, Buffer.from('cd'))).toBe(true);
    expect(script.reply()).toEqual([`HEADERS 1 :status=200 date=${DATE}`, 'DATA 1 abcd']);
    script.engine.sendData(1, Buffer.from('e'));
    script.engine.sendEnd(1, Fields.from({ 'x-sum': '5', 'content-type': 'a/b' }));
    expect(script.reply()).toEqual(['DATA 1 e', 'HEADERS 1 END x-sum=5']);
    expect(script.log.take()).toEqual(['writable 1', 'sent 1']);
  });

  it('end with their last DATA, or an empty one', () => {
    const script = responding();
    script.engine.sendHead(1, responseHead(), 2);
    script.engine.sendData(1, Buffer.from('ab'));
    script.engine.sendEnd(1, NO_TRAILERS);
    expect(script.reply().slice(1)).toEqual(['DATA 1 END ab']);
    const late = responding();
    late.engine.sendHead(1, responseHead(), undefined);
    late.reply();
    late.engine.sendEnd(1, NO_TRAILERS);
    expect(late.reply()).toEqual(['DATA 1 END']);
  });

  it('to HEAD have no content, and state its length', () => {
    const script = responding({ ...GET, ':method': 'HEAD' });
    script.engine.sendMessage(1, responseHead(), 'hello');
    expect(script.reply()).toEqual([`HEADERS 1 END :status=200 content-length=5 date=${DATE}`]);
    const streamed = responding({ ...GET, ':method': 'HEAD' });
    expect(streamed.engine.sendHead(1, responseHead(), 1000)).toBe(false);
    expect(streamed.reply()).toEqual([`HEADERS 1 END :status=200 content-length=1000 date=${DATE}`]);
  });

  it.each([
    [204, {}, ''],
    [204, { 'content-length': '0' }, ''],
    [304, { 'content-length': '7' }, ' content-length=7'],
  ])('of %i have no content: %j', (status, lines, length) => {
    const script = responding();
    expect(script.engine.sendHead(1, responseHead(status, lines), undefined)).toBe(false);
    expect(script.reply()).toEqual([`HEADERS 1 END :status=${status}${length} date=${DATE}`]);
  });

  it('go without what belongs to an HTTP/1.1 connection (8.2.2)', () => {
    const script = responding();
    const lines = {
      connection: 'close, x-hop',
      'keep-alive': 'timeout=5',
      'proxy-connection': 'close',
      'transfer-encoding': 'chunked',
      upgrade: 'h2c',
      'x-hop': '1',
      date: 'mine',
      vary: '*',
    };
    script.engine.sendMessage(1, responseHead(200, lines), '');
    const [goaway, ping, ...rest] = script.reply();
    // `Connection: close` of a response is the graceful end of the connection here.
    expect([goaway, ping]).toEqual(['GOAWAY 2147483647 NO_ERROR', expect.stringMatching(/^PING/)]);
    expect(rest).toEqual(['HEADERS 1 END :status=200 date=mine vary=* content-length=0']);
  });

  it.each<[string, (script: ServerScript) => void]>([
    [
      'streamed, too long',
      ({ engine }) => {
        engine.sendHead(1, responseHead(200, { 'content-length': '1' }), undefined);
        engine.sendData(1, Buffer.from('ab'));
      },
    ],
    [
      'streamed, too short',
      ({ engine }) => {
        engine.sendHead(1, responseHead(), 3);
        engine.sendData(1, Buffer.from('ab'));
        engine.sendEnd(1, NO_TRAILERS);
      },
    ],
  ])('that are not as long as they say are reset: %s', (_, send) => {
    const script = responding();
    send(script);
    expect(script.reply().at(-1)).toBe('RST_STREAM 1 INTERNAL_ERROR');
    expect(script.log.take()).toEqual(['reset 1 local content-length-mismatch INTERNAL_ERROR']);
  });

  it.each(['4', 'x', '1, 2'])('with a false Content-Length (%s) are not sent, and another one can be', (length) => {
    const script = responding();
    const { engine, log } = script;
    const false_ = responseHead(200, { 'content-length': length });
    expect(() => engine.sendMessage(1, false_, 'x')).toThrow('Content-Length');
    expect(() => engine.sendHead(1, false_, 1)).toThrow('Content-Length');
    expect(log.take()).toEqual([]);
    engine.sendMessage(1, responseHead(500), '');
    expect(script.reply()[0]).toContain(':status=500');
  });

  it.each([199, 600, 999, 200.5, NaN])('with the status %d are not sent', (status) => {
    const script = responding();
    const { engine } = script;
    expect(() => engine.sendMessage(1, responseHead(status), '')).toThrow(TypeError);
    expect(() => engine.sendHead(1, responseHead(status), undefined)).toThrow(TypeError);
    expect(script.reply()).toEqual([]);
  });

  it('with the status 205 have no content (RFC 9110 section 15.3.6)', () => {
    const script = responding();
    const { engine } = script;
    expect(engine.sendHead(1, responseHead(205), undefined)).toBe(false);
    expect(script.reply()).toEqual([`HEADERS 1 END :status=205 content-length=0 date=${DATE}`]);
  });

  it('may be preceded by interim ones (RFC 9110 section 15.2)', () => {
    const script = responding({ ...POST, expect: '100-continue' }, 0);
    script.engine.sendContinue(1);
    script.engine.sendContinue(1);
    script.engine.sendInformational(1, 103, Fields.from({ link: '</a>' }));
    script.engine.sendMessage(1, responseHead(), 'x');
    expect(script.reply()).toEqual([
      'HEADERS 1 :status=100',
      'HEADERS 1 :status=103 link=</a>',
      `HEADERS 1 :status=200 content-length=1 date=${DATE}`,
      'DATA 1 END x',
    ]);
    expect(() => script.engine.sendInformational(1, 101, NO_TRAILERS)).toThrow(TypeError);
    expect(() => script.engine.sendMessage(1, responseHead(), 'again')).not.toThrow();
    expect(script.reply()).toEqual([]);
  });

  it('ask nobody to continue who does not wait for it', () => {
    const script = responding(POST, 0);
    script.engine.sendContinue(1);
    expect(script.reply()).toEqual([]);
  });

  it('have a final status', () => {
    const { engine } = responding();
    for (const status of [0, 100, 199, 1000, 200.5]) {
      expect(() => engine.sendMessage(1, responseHead(status), '')).toThrow(TypeError);
    }
  });

  describe('that are complete before the request (8.1)', () => {
    /** A POST with a window of ten octets and a complete response. Its content is not read. */
    function answered(): ServerScript {
      const script = new ServerScript({ bodyWindow: 10 });
      script.send(script.headers(1, POST, 0));
      script.engine.sendMessage(1, responseHead(), 'x');
      expect(script.reply()).toHaveLength(2);
      script.engine.discard(1);
      expect(script.reply()).toEqual([]);
      expect(script.engine.awaiting).toBe('idle');
      script.log.take();
      return script;
    }

    it('let the client end it: the rest is discarded', () => {
      const script = answered();
      script.send(script.data(1, 'abcde'), script.data(1, 'f', FLAG.END_STREAM), script.data(1, 'g'));
      expect(script.reply()).toEqual(['RST_STREAM 1 STREAM_CLOSED']);
      expect(script.log.take()).toEqual(['fault 1 protocol-error STREAM_CLOSED']);
    });

    it('make it stop if its window does not hold the rest', () => {
      const script = answered();
      script.send(script.data(1, 'abcde'), script.data(1, 'fghij'));
      // The client has time to read the response: with a reset in the same read, some lose it.
      script.engine.resetQuiet(5);
      expect([script.reply(), script.engine.lingering]).toEqual([[], 1]);
      script.engine.resetQuiet(5);
      expect([script.reply(), script.engine.lingering]).toEqual([['RST_STREAM 1 NO_ERROR'], 0]);
      expect(script.log.take()).toEqual([]);
    });

    it('make it stop if it sends nothing for some time', () => {
      const script = answered();
      script.engine.resetQuiet(3);
      script.engine.resetQuiet(3);
      script.send(script.data(1, 'a'));
      script.engine.resetQuiet(3);
      script.engine.resetQuiet(3);
      expect([script.reply(), script.engine.lingering]).toEqual([[], 1]);
      script.engine.resetQuiet(3);
      expect([script.reply(), script.engine.lingering]).toEqual([['RST_STREAM 1 NO_ERROR'], 0]);
      expect(script.log.take()).toEqual([]);
    });

    it('make it stop at once if the client is to end the connection, and not if the server is', () => {
      const script = answered();
      script.engine.shutdown();
      expect(script.reply()).toEqual(['GOAWAY 2147483647 NO_ERROR', expect.stringMatching(/^PING/)]);
      script.send(script.goaway(0, 'NO_ERROR'));
      expect(script.reply()[0]).toBe('RST_STREAM 1 NO_ERROR');
    });

    it('are over for the application, whatever becomes of the stream', () => {
      const reset = answered();
      reset.send(reset.rst(1));
      expect(reset.log.take()).toEqual([]);
      const ended = answered();
      ended.engine.receiveEof(0);
      expect(ended.log.take()).toEqual([]);
    });
  });

  it('that are given up are reset, in silence', () => {
    const script = responding();
    script.engine.sendHead(1, responseHead(), undefined);
    script.engine.sendData(1, Buffer.from('never'));
    script.engine.abort(1, 'INTERNAL_ERROR');
    expect(script.reply()).toEqual([`HEADERS 1 :status=200 date=${DATE}`, 'RST_STREAM 1 INTERNAL_ERROR']);
    expect(script.log.take()).toEqual([]);
    expect(script.engine.sendData(1, Buffer.from('late'))).toBe(true);
    script.engine.sendEnd(1, NO_TRAILERS);
    expect(script.reply()).toEqual([]);
  });
});

describe('CONNECT (RFC 9113 section 8.5, RFC 8441)', () => {
  it('opens a tunnel both ways', () => {
    const script = new ServerScript();
    script.send(script.headers(1, { ':method': 'CONNECT', ':authority': 'db:5432' }, 0), script.data(1, 'up'));
    expect(script.engine.sendHead(1, responseHead(200, { 'content-length': '3' }), undefined)).toBe(true);
    script.engine.sendData(1, Buffer.from('a longer answer'));
    expect(script.reply()).toEqual([`HEADERS 1 :status=200 date=${DATE}`, 'DATA 1 a longer answer']);
    script.engine.sendEnd(1, NO_TRAILERS);
    expect(script.reply()).toEqual(['DATA 1 END']);
    expect(script.log.take()).toEqual(['head 1 CONNECT ', 'data 1 2', 'writable 1', 'sent 1']);
  });

  it('names a protocol, where it is extended', () => {
    const script = new ServerScript({}, [], true);
    script.send(script.headers(1, { ...GET, ':method': 'CONNECT', ':protocol': 'websocket' }, 0));
    expect(script.log.heads[0]).toMatchObject({ method: 'CONNECT', protocol: 'websocket', path: '/' });
  });

  it('is malformed where it is extended, and that is not served (RFC 8441 section 3)', () => {
    const script = new ServerScript();
    script.send(script.headers(1, { ...GET, ':method': 'CONNECT', ':protocol': 'websocket' }, 0));
    expect(script.log.heads).toEqual([]);
    expect(script.log.take()).toEqual(['fault 1 malformed-request PROTOCOL_ERROR']);
  });
});
