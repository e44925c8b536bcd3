/** Servers of Node that ask for a client's certificate: a refusal is `handshake-failed`, in words, after one attempt, on both versions of TLS. */
import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import { createServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import type { SecureVersion } from 'node:tls';
import { client, ClientError, type ClientTlsOptions } from 'rxpaf';
import { firstValueFrom } from 'rxjs';
import { certificate, type Pem } from '../kits/units/node-sockets.js';

let own: Pem;
let staff: Pem;
beforeAll(async () => {
  own = await certificate('localhost');
  staff = await certificate('staff');
});

type Row = [title: string, shown: () => Promise<ClientTlsOptions>, words: RegExp];

const UNKNOWN: Row = ['with one of an unknown authority', () => certificate('mallory'), /./];

describe.each(['http/1.1', 'h2'] as const)('over %s', (protocol) => {
  describe.each<SecureVersion>(['TLSv1.2', 'TLSv1.3'])('%s', (version) => {
    it.each<Row>([
      ['without a certificate', () => Promise.resolve({}), /certificate|handshake/],
      // On TLS 1.3, Node closes the connection without an alert.
      ...(version === 'TLSv1.2' ? [UNKNOWN] : []),
    ])('%s', async (_title, shown, words) => {
      const options = { ...own, ca: staff.cert, requestCert: true, minVersion: version, maxVersion: version };
      const server: Server =
        protocol === 'h2'
          ? createSecureServer(options, (_request, response) => void response.end('ok'))
          : createServer(options, (_request, response) => void response.end('ok'));
      let attempts = 0;
      server.on('connection', () => attempts++);
      server.on('tlsClientError', () => undefined);
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { cert, key } = await shown();
      const http = client({
        protocols: [protocol],
        tls: { ca: own.cert, ...(cert === undefined ? {} : { cert, key }) },
      });
      try {
        const url = `https://localhost:${(server.address() as AddressInfo).port}/`;
        const error: unknown = await firstValueFrom(http.text(url)).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(ClientError);
        const { code, message } = error as ClientError;
        expect({ code, attempts }).toEqual({ code: 'handshake-failed', attempts: 1 });
        expect(message).toMatch(words);
      } finally {
        http.close();
        server.close();
      }
    });
  });
});
