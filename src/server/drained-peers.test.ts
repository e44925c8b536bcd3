/** RFC 9113 section 6.8: a graceful end loses nothing for a peer of another make that has not read everything yet. */
import { once } from 'node:events';
import { connect } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { firstValueFrom, lastValueFrom, ReplaySubject, Subject } from 'rxjs';
import { selfSigned } from '../../test/kits/certificate.js';
import { bytes } from '../drive/response-builders.js';
import { serve } from './serve.js';
import type { Served } from './finished-exchange.js';

/** More than a window of node:http2: the server is still sending when it is stopped, and done before all has been read. */
const SIZE = 300_000;

it.each(['cleartext', 'TLS'])('a response that node:http2 reads slowly, over %s', async (way) => {
  const tls = way === 'TLS' ? { tls: await selfSigned() } : {};
  const url = new ReplaySubject<string>(1);
  const served = new ReplaySubject<Served>();
  const stop = new Subject<void>();
  const listening = {
    host: '127.0.0.1',
    stop,
    listening: (address: { url: string }) => url.next(address.url),
    ...tls,
  };
  serve(listening, { request: () => bytes(Buffer.alloc(SIZE)) }).subscribe(served);
  const session = connect(await firstValueFrom(url), { rejectUnauthorized: false });
  session.on('error', () => undefined);
  const stream = session.request({ ':path': '/' });
  await once(stream, 'response');
  stop.next();
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    await sleep(20);
  }
  expect(size).toBe(SIZE);
  expect((await lastValueFrom(served)).outcome).toBe('complete');
});
