import { DEFAULT_LIMITS, limitsWith } from '../limits.js';
import { bytesOf, DATE, everySplit, Recorder } from '../../test/kits/units/h1-engines.js';
import { createH1Server } from './index.js';
import { giveBackReadingBuffers, takeReadingBuffers } from './reading-buffers.js';

const OTHER_LIMITS = limitsWith({ headerFields: 1 });

function server(limits = DEFAULT_LIMITS) {
  const events = new Recorder();
  return { engine: createH1Server({ scheme: 'http', limits, date: () => DATE }, events), events };
}

const request = (name: string): Uint8Array =>
  bytesOf(`GET /${name} HTTP/1.1\r\nHost: ${name}\r\nX-Name: ${name}\r\n\r\n`);

const expected = (name: string): string =>
  `1 head GET http://${name} /${name} 1.1 ["host","${name}","x-name","${name}"] end`;

describe('what idle connections share to read with', () => {
  it('mixes nothing of two heads that come in turns, cut anywhere', () => {
    for (const [first = new Uint8Array(), ...rest] of everySplit(request('one'))) {
      const [one, two] = [server(), server()];
      one.engine.receive(first, 0);
      two.engine.receive(request('two'), 0);
      for (const chunk of rest) one.engine.receive(chunk, 0);
      expect([...one.events.log, ...two.events.log]).toEqual([expected('one'), expected('two')]);
    }
  });

  it('mixes nothing of connections that are read within each other', () => {
    const [outer, inner] = [server(), server()];
    outer.events.react.onHead = () => inner.engine.receive(request('inner'), 0);
    outer.engine.receive(request('outer').subarray(0, 20), 0);
    outer.engine.receive(request('outer').subarray(20), 0);
    expect([...outer.events.log, ...inner.events.log]).toEqual([expected('outer'), expected('inner')]);
  });

  it('goes by the limits of the connection that reads', () => {
    const [lax, strict] = [server(), server(OTHER_LIMITS)];
    lax.engine.receive(request('lax'), 0);
    strict.engine.receive(request('strict'), 0);
    expect(lax.events.log).toEqual([expected('lax')]);
    expect(strict.events.log).toEqual([expect.stringContaining('too-many-fields')]);
  });

  it('counts the empty lines before a request (RFC 9112 section 2.2), however they come', () => {
    const { engine, events } = server();
    for (let line = 0; line < 5; line++) engine.receive(bytesOf('\r\n'), 0);
    expect(events.log).toEqual([expect.stringContaining('malformed-request')]);
  });

  it('is one, for any number of them, and keeps nothing of what was read', () => {
    const buffers = takeReadingBuffers('request', DEFAULT_LIMITS);
    giveBackReadingBuffers(buffers);
    for (const { engine } of [server(), server(), server()]) engine.receive(request('some'), 0);
    const after = takeReadingBuffers('response', OTHER_LIMITS);
    expect(after).toBe(buffers);
    expect(after.isUnused).toBe(true);
    expect(after.input.bytes).toHaveLength(0);
    expect(after.head.lines).toEqual([]);
    expect(after.head.isFor('response', OTHER_LIMITS)).toBe(true);
  });
});
