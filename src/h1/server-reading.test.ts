/** How a server reads incoming bytes, whole and in every split; above all bytes that other servers misread. */
import { answering, bytesOf, everySplit, pulled, server } from '../../test/kits/units/h1-engines.js';
import { Fields } from '../http/fields.js';
import type { Limits } from '../limits.js';

/** The outcome of `text`: the events without those of the responses, the same in every split. */
function outcome(
  text: string,
  limits: Partial<Limits> = {},
  eof = false,
): { log: string[]; out: string; state: string } {
  let first: { log: string[]; out: string; state: string } | undefined;
  for (const pieces of everySplit(bytesOf(text))) {
    const { engine, log } = answering(limits);
    let out = '';
    for (const piece of pieces) {
      engine.receive(piece, 0);
      out += pulled(engine);
    }
    if (eof) engine.receiveEof(0);
    out += pulled(engine);
    const result = { log: log.filter((line) => !/ (sent|writable)$/.test(line)), out, state: engine.state };
    first ??= result;
    expect(result).toEqual(first);
  }
  return first!;
}

const HOST = 'Host: a\r\n';

describe('requests that others may read otherwise are refused, and no bytes after them are read (RFC 9112 section 11.2)', () => {
  const behind = `GET /smuggled HTTP/1.1\r\n${HOST}\r\n`;
  it.each([
    [
      '9112 6.1: Transfer-Encoding and Content-Length',
      `${HOST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n`,
      400,
    ],
    ['9112 6.1: the same the other way round', `${HOST}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n`, 400],
    ['9112 6.3: two Content-Length that differ', `${HOST}Content-Length: 4\r\nContent-Length: 5\r\n`, 400],
    ['9112 6.3: two that do not', `${HOST}Content-Length: 4\r\nContent-Length: 4\r\n`, 400],
    ['9112 6.3: a list of lengths', `${HOST}Content-Length: 4, 4\r\n`, 400],
    ['9110 8.6: a sign', `${HOST}Content-Length: +4\r\n`, 400],
    ['9110 8.6: a space in a number', `${HOST}Content-Length: 4 4\r\n`, 400],
    ['9110 8.6: a hexadecimal number', `${HOST}Content-Length: 0x4\r\n`, 400],
    ['9110 8.6: no number', `${HOST}Content-Length:\r\n`, 400],
    ['9110 8.6: a number past what can be counted', `${HOST}Content-Length: 18446744073709551620\r\n`, 400],
    ['9112 6.1: chunked twice', `${HOST}Transfer-Encoding: chunked, chunked\r\n`, 400],
    ['9112 6.1: chunked on two lines', `${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n`, 400],
    ['9112 6.1: chunked is not last', `${HOST}Transfer-Encoding: chunked, identity\r\n`, 400],
    [
      '9112 6.1: chunked is not last, on two lines',
      `${HOST}Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n`,
      400,
    ],
    ['9112 6.1: an unknown coding', `${HOST}Transfer-Encoding: gzip, chunked\r\n`, 501],
    ['9112 6.1: chunked with a no-break space', `${HOST}Transfer-Encoding: chunked\xa0\r\n`, 501],
    ['9112 6.1: chunked in quotes', `${HOST}Transfer-Encoding: "chunked"\r\n`, 501],
    ['9112 6.1: no coding', `${HOST}Transfer-Encoding:\r\n`, 400],
    ['9112 5.1: space before a colon', `${HOST}Transfer-Encoding : chunked\r\n`, 400],
    ['9112 5.1: a tab before a colon', `${HOST}Content-Length\t: 4\r\n`, 400],
    ['9112 5.2: obs-fold', `${HOST}Transfer-Encoding:\r\n chunked\r\n`, 400],
    ['9112 2.2: space after the request line', ` ${HOST}`, 400],
    ['9112 2.2: a bare LF ends a line', `${HOST}Content-Length: 4\nX: y\r\n`, 400],
    ['9112 2.2: a bare CR in a value', `${HOST}X: a\rContent-Length: 4\r\n`, 400],
    ['9110 5.5: NUL in a value', `${HOST}X: a\0b\r\n`, 400],
    ['9110 5.1: a control character in a name', `${HOST}X\x0b: a\r\n`, 400],
    ['9110 5.1: a name of no letter', `${HOST}: 4\r\n`, 400],
    ['9112 3.2: no Host', 'X: y\r\n', 400],
    ['9112 3.2: two Hosts', `${HOST}${HOST}`, 400],
    ['9112 3.2: a Host of two names', 'Host: a, b\r\n', 400],
    ['9112 3.2: a Host with a path', 'Host: a/b\r\n', 400],
    ['9112 3.2: a Host with userinfo', 'Host: b@a\r\n', 400],
    ['9112 3.2: a Host with a space', 'Host: a b\r\n', 400],
    ['9110 10.1.1: another expectation', `${HOST}Expect: 200-ok\r\n`, 417],
  ])('%s', (_title, fields, status) => {
    const { log, out, state } = outcome(`POST / HTTP/1.1\r\n${fields}\r\nX=1\r\n${behind}`);
    expect(log).toHaveLength(1);
    expect(log[0]).toMatch(new RegExp(`^1 invalid ${status} `));
    expect(out).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\nconnection: close\r\n[^]*\r\n\r\nok$`));
    expect(state).toBe('closing');
  });

  it.each([
    [
      '9112 6.1: Transfer-Encoding in HTTP/1.0',
      `POST / HTTP/1.0\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ['9112 3.2: two Hosts in HTTP/1.0', `GET / HTTP/1.0\r\n${HOST}${HOST}\r\n`, 400],
    ['9110 9.3.6: a CONNECT with content', `CONNECT a:1 HTTP/1.1\r\n${HOST}Content-Length: 4\r\n\r\nabcd`, 400],
    ['9112 3.2.1: a relative path', `GET path HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['9112 3.2.4: an asterisk for GET', `GET * HTTP/1.1\r\n${HOST}\r\n`, 400],
    ['9112 2.3: HTTP/2 by prior knowledge', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
  ])('%s', (_title, text, status) => {
    const { log, state } = outcome(text + behind);
    expect(log).toHaveLength(1);
    expect(log[0]).toMatch(new RegExp(`^1 invalid ${status} `));
    expect(state).toBe('closing');
  });

  it.each([
    ['7.1: a chunk size with a sign', '-1\r\nx\r\n0\r\n\r\n', ''],
    ['7.1: a chunk size with a prefix', '0x1\r\nx\r\n0\r\n\r\n', ''],
    ['7.1: a chunk size that overflows', '100000000000000001\r\nx\r\n0\r\n\r\n', ''],
    ['7.1: a bare LF after a chunk size', '1\nx\r\n0\r\n\r\n', ''],
    ['7.1: a chunk longer than its size', '1\r\nxy\r\n0\r\n\r\n', 'x'],
    ['7.1.1: a bare LF in a chunk extension', '1;a\nx\r\n0\r\n\r\n', ''],
    ['7.1.2: a trailer line without a name', '1\r\nx\r\n0\r\n: y\r\n\r\n', 'x'],
    ['7.1.2: a bare LF in the trailer section', '0\r\nA: b\n\r\n', ''],
    ['7.1.2: a bare CR after the last chunk', '0\r\n\rX\r\n', ''],
  ])('9112 %s', (_title, content, data) => {
    const head = `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`;
    const { log, out, state } = outcome(head + content + behind);
    expect(log).toEqual([
      '1 head POST http://a / 1.1 ["host","a","transfer-encoding","chunked"]',
      ...(data === '' ? [] : [`1 data ${data}`]),
      '1 invalid 400 malformed-body',
    ]);
    expect(out).toContain('connection: close\r\n');
    expect(state).toBe('closing');
  });
});

describe('requests (RFC 9112 section 3)', () => {
  it('come in order, with their target, Host and fields', () => {
    const { log, out, state } = outcome(
      `GET /a?b HTTP/1.1\r\nHost: A:80\r\nX-Y: z\r\n\r\n\r\nOPTIONS * HTTP/1.1\r\n${HOST}\r\nGET / HTTP/1.0\r\n\r\n`,
    );
    expect(log).toEqual([
      '1 head GET http://A:80 /a?b 1.1 ["host","A:80","x-y","z"] end',
      '2 head OPTIONS http://a * 1.1 ["host","a"] end',
      '3 head GET http:// / 1.0 [] end',
    ]);
    expect(out.match(/HTTP\/1\.1 200/g)).toHaveLength(3);
    expect(out.match(/connection: close/g)).toHaveLength(1);
    expect(state).toBe('closing');
  });

  it('in absolute-form are routed on the target, whatever Host says (section 3.2.2)', () => {
    const { log } = outcome(`GET https://b:8443/x HTTP/1.1\r\n${HOST}\r\n`);
    expect(log).toEqual(['1 head GET https://b:8443 /x 1.1 ["host","a"] end']);
  });

  it('may have an empty Host (section 3.2)', () => {
    expect(outcome('GET / HTTP/1.1\r\nHost:\r\n\r\n').log).toEqual(['1 head GET http:// / 1.1 ["host",""] end']);
  });

  it('have content by Content-Length, of every byte (section 6.2)', () => {
    const { log, state } = outcome(
      `POST / HTTP/1.1\r\n${HOST}Content-Length: 6\r\n\r\n\r\n\0\xff!\nGET / HTTP/1.1\r\n${HOST}\r\n`,
    );
    expect(log).toEqual([
      '1 head POST http://a / 1.1 ["host","a","content-length","6"]',
      '1 data \r\n\0\xff!\n',
      '1 end []',
      '2 head GET http://a / 1.1 ["host","a"] end',
    ]);
    expect(state).toBe('open');
  });

  it('have chunked content and trailers, less those that none may have (RFC 9110 section 6.5.1)', () => {
    const { log } = outcome(
      `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: Chunked\r\n\r\n3;a="b"\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n` +
        `Content-Length: 9\r\nHost: b\r\nAuthorization: c\r\nTransfer-Encoding: d\r\n\r\nGET / HTTP/1.1\r\n${HOST}\r\n`,
    );
    expect(log.slice(1)).toEqual(['1 data abcde', '1 end ["x","y"]', '2 head GET http://a / 1.1 ["host","a"] end']);
  });

  it('are ignored after one with Connection: close (section 9.6)', () => {
    const { log, state } = outcome(
      `GET / HTTP/1.1\r\n${HOST}Connection: x, CLOSE\r\n\r\nGET /2 HTTP/1.1\r\n${HOST}\r\n`,
    );
    expect(log).toHaveLength(1);
    expect(state).toBe('closing');
  });

  it('of HTTP/1.0 may keep the connection (appendix C.2.2)', () => {
    const { log, out, state } = outcome('GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET / HTTP/1.0\r\n\r\n');
    expect(log).toHaveLength(2);
    expect(out).toMatch(/connection: keep-alive\r\n[^]*connection: close\r\n/);
    expect(state).toBe('closing');
  });

  it('of HTTP/1.0 have no expectations (RFC 9110 section 10.1.1)', () => {
    const { engine, feed } = server();
    feed('POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n');
    engine.sendContinue(1);
    expect(engine.hasOutput).toBe(false);
  });
});

describe('limits', () => {
  it.each([
    [
      'request target: 414',
      `GET /${'a'.repeat(50)} HTTP/1.1\r\n${HOST}\r\n`,
      { requestTarget: 50 },
      '414 target-too-long',
    ],
    [
      'header section: 431',
      `GET / HTTP/1.1\r\n${HOST}X: ${'a'.repeat(50)}\r\n\r\n`,
      { headerSection: 50 },
      '431 header-section-too-large',
    ],
    ['header fields: 431', `GET / HTTP/1.1\r\n${HOST}X: y\r\n\r\n`, { headerFields: 1 }, '431 too-many-fields'],
  ])('%s', (_title, text, limits, expected) => {
    expect(outcome(text, limits).log).toEqual([`1 invalid ${expected}`]);
  });

  it.each([
    ['extensions: 400', '1;aaaaaaaaaaaa\r\nx\r\n0\r\n\r\n', '400 malformed-body'],
    ['trailers: 431', '1\r\nx\r\n0\r\nX: yyyyyyyyyyy\r\n\r\n', '431 header-section-too-large'],
    ['both together: 431', '1;a\r\nx\r\n0\r\nX: yy\r\n\r\n', '431 header-section-too-large'],
  ])('chunk overhead, %s', (_title, content, expected) => {
    const head = `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`;
    expect(outcome(head + content, { chunkOverhead: 8 }).log.at(-1)).toBe(`1 invalid ${expected}`);
  });
});

describe('the end of input', () => {
  it('between requests ends the connection', () => {
    expect(outcome('', {}, true).state).toBe('closing');
    expect(outcome(`GET / HTTP/1.1\r\n${HOST}\r\n`, {}, true).log).toHaveLength(1);
  });

  it.each(['G', 'GET / HTTP/1.1\r\n', `GET / HTTP/1.1\r\n${HOST}`, `GET / HTTP/1.1\r\n${HOST}\r`])(
    'within a head is a fault: %j',
    (text) => {
      const { log, state } = outcome(text, {}, true);
      expect(log).toEqual(['1 invalid 400 truncated']);
      expect(state).toBe('closing');
    },
  );

  it.each(['Content-Length: 5\r\n\r\nabc', 'Transfer-Encoding: chunked\r\n\r\n5\r\nabc'])(
    'within content: %j',
    (text) => {
      const { log, state } = outcome(`POST / HTTP/1.1\r\n${HOST}${text}`, {}, true);
      expect(log.slice(1)).toEqual(['1 data abc', '1 invalid 400 truncated']);
      expect(state).toBe('closing');
    },
  );

  it('comes after a request that waits for its turn', () => {
    const { engine, feed, log } = server();
    feed(`GET / HTTP/1.1\r\n${HOST}\r\nDELETE / HTTP/1.1\r\n${HOST}\r\n`);
    engine.receiveEof(0);
    engine.sendMessage(1, { status: 200, headers: Fields.EMPTY }, '');
    expect(log.at(-1)).toBe('2 head DELETE http://a / 1.1 ["host","a"] end');
    engine.sendMessage(2, { status: 200, headers: Fields.EMPTY }, '');
    expect(engine.state).toBe('closing');
  });

  it('reports at once that content is not whole, though its reader is slow', () => {
    const { engine, feed, log } = server({ bodyWindow: 2 });
    feed(`POST / HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\n`);
    feed('abc');
    engine.receiveEof(0);
    expect(log.slice(1)).toEqual(['1 data abc', '1 invalid 400 truncated']);
  });

  it('does not stop the responses that are under way (section 9.6)', () => {
    const { engine, feed } = server();
    feed(`GET / HTTP/1.1\r\n${HOST}\r\nGET /2 HTTP/1.1\r\n${HOST}\r\n`);
    engine.receiveEof(0);
    expect(engine.state).toBe('draining');
    engine.sendMessage(1, { status: 200, headers: Fields.EMPTY }, 'a');
    engine.sendMessage(2, { status: 200, headers: Fields.EMPTY }, 'b');
    expect(pulled(engine)).toMatch(/^(?![^]*close[^]*\r\n\r\na)[^]*connection: close[^]*b$/);
    expect(engine.state).toBe('closing');
  });
});
