import { gzipSync } from 'node:zlib';
import { lastValueFrom, Subject } from 'rxjs';
import {
  type Content,
  type MemoryFlow,
  type Info,
  client,
  memoryTransport,
  response,
  service,
  Transports,
} from '../index.js';

const info: Info<MemoryFlow, string> = { alpn: () => 'h2', peer: () => 'memory', injection: (flow) => flow };

/** The fields and the content of a response, as a client has them. */
async function received(headers: Record<string, string>, content: Content): Promise<[string | undefined, string]> {
  const accepted = new Subject<MemoryFlow>();
  const serving = accepted.pipe(service(info, () => response(200, headers, content))).subscribe();
  const transports = Transports.EMPTY.register(memoryTransport(accepted));
  const http = client({ transports, protocols: ['h2'] });
  try {
    const { headers: fields, body } = await lastValueFrom(http.get('http://memory/'));
    const octets = await lastValueFrom(body.bytes());
    return [fields.get('content-encoding'), Buffer.from(octets).toString('latin1')];
  } finally {
    http.close();
    serving.unsubscribe();
  }
}

describe('a content coding (RFC 9110 section 8.4)', () => {
  it('that is known is removed, with its field', async () => {
    expect(await received({ 'content-encoding': 'gzip' }, gzipSync('hello'))).toEqual([undefined, 'hello']);
  });

  it.each(['x-unknown', 'gzip, x-unknown', 'x-unknown, gzip'])(
    '%s gives the bytes as they came, with the field',
    async (codings) => {
      expect(await received({ 'content-encoding': codings }, 'plain')).toEqual([codings, 'plain']);
    },
  );
});
