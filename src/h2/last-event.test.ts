/** A stream is reset after its message was written, and before the message has gone out: the reset is the last event of it. */
import { ClientScript, POST, responseHead, ServerScript } from '../../test/kits/units/h2-engines.js';

/**
 * ```
 * peer:    HEADERS 1 ............ RST_STREAM 1
 * here:    ......... sendMessage 1 ............ pull
 * told:    head 1                 reset 1       (not: sent 1)
 * ```
 */
describe('a reset stream (RFC 9113 section 5.4.2)', () => {
  function answered(): ServerScript {
    const script = new ServerScript();
    script.send(script.headers(1, POST, 0));
    script.engine.sendMessage(1, responseHead(), 'hello');
    return script;
  }

  it('is over by the RST_STREAM of its peer', () => {
    const script = answered();
    script.send(script.rst(1)).reply();
    expect(script.log.take()).toEqual(['head 1 POST /', 'reset 1 peer stream-reset CANCEL']);
  });

  it('is over by an error of its own', () => {
    const script = answered();
    script.send(script.windowUpdate(1, 0)).reply();
    expect(script.log.take()).toEqual(['head 1 POST /', 'reset 1 peer protocol-error PROTOCOL_ERROR']);
  });

  it('is over where it is given up', () => {
    const script = answered();
    script.engine.abort(1, 'CANCEL');
    script.reply();
    expect(script.log.take()).toEqual(['head 1 POST /']);
  });

  it('is over where the peer goes away without it (section 6.8)', () => {
    const script = new ClientScript();
    script.get();
    script.send(script.goaway(0)).reply();
    expect(script.log.take()).toEqual(['reset 1 peer refused REFUSED_STREAM', 'goaway 0 NO_ERROR']);
  });

  it('leaves to others what is theirs', () => {
    const script = answered();
    script.send(script.headers(3, POST, 0));
    script.engine.sendMessage(3, responseHead(), 'hello');
    script.send(script.rst(1)).reply();
    expect(script.log.take().slice(-2)).toEqual(['reset 1 peer stream-reset CANCEL', 'sent 3']);
  });
});

describe('a connection that is closing', () => {
  it('sends nothing after GOAWAY, even for a stream that lingered (RFC 9113 section 6.8)', () => {
    const script = new ServerScript().answering();
    expect(script.ask(script.headers(1, POST, 0)).at(-1)).toBe('DATA 1 END hello');
    script.engine.discard(1);
    script.engine.timeout('idle');
    expect(script.reply()).toEqual(['GOAWAY 1 NO_ERROR']);
    script.engine.discard(1);
    script.engine.abort(1, 'CANCEL');
    expect([script.engine.state, script.engine.hasOutput]).toEqual(['closing', false]);
  });
});
