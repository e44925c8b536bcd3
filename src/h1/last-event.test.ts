/** The exchange of a message is broken off before the message has gone out: the reset is the last event of it. */
import { NO_BYTES } from '../bytes.js';
import { Fields } from '../http/fields.js';
import { bytesOf, client, pulled, requestHead, server } from '../../test/kits/units/h1-engines.js';

/**
 * ```
 * here:    open 1, sendHead, sendEnd ............. pull
 * peer:    .......................... no response
 * told:                               reset 1      (not: sent 1)
 * ```
 */
describe('an exchange that is broken off', () => {
  it('is over, whatever of it waits to go out', () => {
    const { engine, log } = client();
    engine.sendHead(engine.open(), requestHead('POST', '/'), undefined);
    engine.sendEnd(1, Fields.EMPTY);
    engine.receive(bytesOf('nonsense\r\n'), 0);
    pulled(engine);
    expect(log).toEqual(['1 reset malformed-response peer']);
  });

  it('is over where it is given up', () => {
    const { engine, log } = server();
    engine.receive(bytesOf('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n'), 0);
    engine.sendHead(1, { status: 200, headers: Fields.EMPTY }, 0);
    engine.sendData(1, NO_BYTES);
    engine.sendEnd(1, Fields.EMPTY);
    engine.abort(1, 'CANCEL');
    pulled(engine);
    expect(log.slice(1)).toEqual([]);
  });

  it('is over where a request before it gets the connection for itself (RFC 9110 section 9.3.6)', () => {
    const { engine, log, request } = client(2);
    request('CONNECT');
    engine.sendHead(engine.open(), requestHead('POST', '/'), undefined);
    engine.sendEnd(2, Fields.EMPTY);
    engine.receive(bytesOf('HTTP/1.1 200 OK\r\n\r\n'), 0);
    pulled(engine);
    expect(log).toEqual(['1 sent', '2 reset closed local', '1 head 200 [] end']);
  });

  it('takes nothing from those that are complete', () => {
    const { engine, log } = server();
    const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
    engine.receive(bytesOf(get), 0);
    engine.sendHead(1, { status: 200, headers: Fields.EMPTY }, 0);
    engine.sendEnd(1, Fields.EMPTY);
    engine.receive(bytesOf(get), 0);
    engine.abort(2, 'CANCEL');
    pulled(engine);
    expect(log.slice(2)).toEqual(['1 sent']);
  });
});
