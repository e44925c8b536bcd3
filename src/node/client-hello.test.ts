import { fc } from '../../test/kits/properties.js';
import { helloOf } from '../../test/kits/units/node-sockets.js';
import { askedName } from './client-hello.js';

/** The same message in records of `size` bytes (RFC 8446 section 5.1). */
function inRecords(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const fragment = message.subarray(at, at + size);
    records.push(Buffer.of(22, 3, 1, fragment.length >> 8, fragment.length & 0xff), fragment);
  }
  return Buffer.concat(records);
}

const found = (name: string | undefined): object => ({ needed: undefined, name });

describe('the name in a ClientHello (RFC 8446 section 4.1.2, RFC 6066 section 3)', () => {
  let hello: Buffer;
  beforeAll(async () => {
    hello = await helloOf({ servername: 'Www.Example.test', ALPNProtocols: ['h2', 'http/1.1'] });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('is read in lower case, of %s', async (maxVersion) => {
    expect(askedName(await helloOf({ servername: 'A.test', maxVersion }))).toEqual(found('a.test'));
  });

  it('is undefined if none is asked for', async () => {
    expect(askedName(await helloOf({ servername: '' }))).toEqual(found(undefined));
  });

  it('waits for the bytes that it needs, however they are cut, and reads none that follow', () => {
    for (let size = 0; size < hello.length; size++) {
      const asked = askedName(hello.subarray(0, size));
      expect(asked.needed).toBeGreaterThan(size);
      expect(asked.needed).toBeLessThanOrEqual(hello.length);
    }
    expect(askedName(hello)).toEqual(found('www.example.test'));
    expect(askedName(Buffer.concat([hello, Buffer.alloc(100, 0xff)]))).toEqual(found('www.example.test'));
  });

  it.each([1, 3, 4, 5, 100])('is put together from records of %d bytes', (size) => {
    const records = inRecords(hello, size);
    expect(askedName(records)).toEqual(found('www.example.test'));
    expect(askedName(records.subarray(0, -1)).needed).toBe(records.length);
  });

  it.each<[string, Buffer]>([
    ['HTTP in cleartext', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['an alert', Buffer.from('15030100020228', 'hex')],
    ['another handshake message', Buffer.from('16030100050200000100', 'hex')],
    ['a ClientHello of one byte', Buffer.from('16030100050100000103', 'hex')],
  ])('is undefined in %s', (_what, bytes) => {
    expect(askedName(bytes)).toEqual(found(undefined));
  });

  it('is not waited for in more than 32 KiB', () => {
    const long = Buffer.alloc(30_000);
    long.set([22, 3, 1, 0x40, 0, 1, 1, 0, 0]);
    const second = 5 + 0x4000;
    long.set([22, 3, 1, 0x40, 0], second);
    expect(askedName(long)).toEqual(found(undefined));
  });

  it('is undefined, or some text, in any bytes: it never throws', () => {
    const mutation = fc.array(fc.tuple(fc.nat(hello.length - 1), fc.nat(255)), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(mutation, (changes) => {
        const bytes = Buffer.from(hello);
        for (const [at, value] of changes) bytes[at] = value;
        const asked = askedName(bytes);
        expect(asked.needed === undefined || asked.needed > bytes.length).toBe(true);
      }),
    );
  });
});
