/** RFC 7540 section 3.2: which offers of HTTP/2 are accepted. The effects are in marbles/h2-chain.test.ts. */
import { text } from '../drive/response-builders.js';
import { httpTest } from '../testing/index.js';
import type { ServiceOptions } from './service.js';

const WHOLE = 'Upgrade, HTTP2-Settings';

/** The version of a request in the handler, if the request offers h2c, and has `connection`. */
function isRead(version: '1.1' | '2.0', connection: string, options: ServiceOptions = {}, fields = {}): void {
  httpTest(({ flow, serve, h1, h2, expectRequests }) => {
    const offer = { connection, upgrade: 'h2c', 'http2-settings': h2.settingsField(), ...fields };
    const service = serve(flow('-a', { a: h1.get('/', offer) }), () => text('hello'), options);
    expectRequests(service).toBe('-a', { a: { path: '/', version } });
  });
}

describe('Upgrade: h2c', () => {
  it('switches where both fields are nominated', () => isRead('2.0', WHOLE));

  it.each(['HTTP2-Settings', 'Upgrade', 'keep-alive', 'close, http2-settings'])(
    'is not taken up with Connection: %s, which somebody between has left of it',
    (connection) => isRead('1.1', connection),
  );

  it('is not taken up for another protocol', () => isRead('1.1', WHOLE, {}, { upgrade: 'h2' }));

  it('is not taken up where the service does without: a proxy would not see what follows', () =>
    isRead('1.1', WHOLE, { h2cUpgrade: false }));
});
