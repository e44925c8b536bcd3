import { fc } from '../../test/kits/properties.js';
import { FLAG, FRAME } from './frame/frame.js';
import { cut, frame } from '../../test/kits/units/h2-frames.js';
import { GET, ServerScript, requestHead } from '../../test/kits/units/h2-engines.js';
import { CONNECTION_PREFACE } from './index.js';

describe('the connection preface (RFC 9113 section 3.4)', () => {
  it('of a server is SETTINGS, at once, and its window', () => {
    expect(new ServerScript({}, 'raw').reply()).toEqual(['SETTINGS', `WINDOW_UPDATE 0 ${1024 * 1024 - 65_535}`]);
  });

  it('is taken however it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 6 }), (places) => {
        const script = new ServerScript({}, 'raw');
        const bytes = Buffer.concat([CONNECTION_PREFACE, script.settings(), script.headers(1, GET)]);
        for (const chunk of cut(bytes, places)) script.send(chunk);
        expect(script.log.take()).toEqual(['head 1 GET / end']);
        expect(script.reply().slice(2)).toEqual(['SETTINGS ACK']);
      }),
    );
  });

  it('that is invalid ends the connection', () => {
    const script = new ServerScript({}, 'raw').send(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    expect(script.log.take()).toEqual(['error protocol-error PROTOCOL_ERROR']);
    expect(script.reply().slice(2)).toEqual(['GOAWAY 0 PROTOCOL_ERROR']);
    expect(script.engine.state).toBe('closing');
  });

  it.each([
    ['another frame', frame(FRAME.PING, 0, 0, '0000000000000000')],
    ['DATA', frame(FRAME.DATA, 0, 1, '00')],
    ['an acknowledgement', frame(FRAME.SETTINGS, FLAG.ACK, 0)],
    ['an unknown frame', frame(0xee, 0, 0)],
  ])('is followed by SETTINGS, not by %s', (_, first) => {
    const script = new ServerScript({}, 'raw').send(CONNECTION_PREFACE, first);
    expect(script.log.take()).toEqual(['error protocol-error PROTOCOL_ERROR']);
  });

  it('is awaited, and SETTINGS, and their acknowledgement (section 6.5.3)', () => {
    const script = new ServerScript({}, 'raw');
    expect(script.engine.awaiting).toBe('preface');
    script.send(CONNECTION_PREFACE, script.settings());
    expect(script.engine.awaiting).toBe('preface');
    script.send(script.settingsAck());
    expect(script.engine.awaiting).toBe('idle');
  });

  it.each([
    ['the preface does not end', [CONNECTION_PREFACE.subarray(0, 5)]],
    ['no acknowledgement comes', [CONNECTION_PREFACE, frame(FRAME.SETTINGS, 0, 0)]],
  ])('times out where %s', (_, frames) => {
    const script = new ServerScript({}, 'raw').send(...frames);
    script.engine.timeout('preface');
    expect(script.log.take()).toEqual(['error head-timeout SETTINGS_TIMEOUT']);
    expect(script.reply().at(-1)).toBe('GOAWAY 0 SETTINGS_TIMEOUT');
  });
});

describe('a connection that is never used', () => {
  it('ends without an error', () => {
    const script = new ServerScript({}, 'raw');
    script.engine.timeout('preface');
    expect(script.log.take()).toEqual([]);
    expect(script.reply().at(-1)).toBe('GOAWAY 0 NO_ERROR');
    expect(script.engine.state).toBe('closing');
  });
});

describe('time limits', () => {
  it('ends a field block that does not go on', () => {
    const script = new ServerScript();
    script.send(frame(FRAME.HEADERS, 0, 1, script.block(GET)));
    expect(script.engine.awaiting).toBe('head');
    script.engine.timeout('head');
    expect(script.log.take()).toEqual(['error head-timeout PROTOCOL_ERROR']);
  });

  it('ends an idle connection with GOAWAY (section 6.8)', () => {
    const script = new ServerScript();
    script.engine.timeout('idle');
    expect(script.reply()).toEqual(['GOAWAY 0 NO_ERROR']);
    expect(script.engine.state).toBe('closing');
    expect(script.log.take()).toEqual([]);
  });

  it('ignores a time limit of something else', () => {
    const script = new ServerScript().send();
    script.engine.timeout('preface');
    script.send(script.headers(1, GET));
    script.engine.timeout('exchange');
    script.engine.timeout('idle');
    expect(script.engine.state).toBe('open');
  });
});

describe('the end of the flow', () => {
  it('resets what is under way', () => {
    const script = new ServerScript();
    script.send(script.headers(1, GET), script.headers(3, GET, 0));
    script.engine.receiveEof(0);
    expect(script.log.take().slice(2)).toEqual(['reset 1 peer connection-reset', 'reset 3 peer connection-reset']);
    expect(script.engine.state).toBe('closing');
  });

  it('is not an error between exchanges', () => {
    const script = new ServerScript();
    script.engine.receiveEof(0);
    expect(script.log.take()).toEqual([]);
    expect(script.engine.state).toBe('closing');
    expect(script.engine.hasOutput).toBe(false);
  });
});

describe('Upgrade: h2c (RFC 7540 section 3.2)', () => {
  it('makes the request stream 1, and applies HTTP2-Settings', () => {
    const script = new ServerScript({}, 'raw').answering('hello world');
    // INITIAL_WINDOW_SIZE 5
    script.engine.startFromUpgrade(Buffer.from('000400000005', 'hex').toString('base64url'), requestHead('/up'));
    expect(script.log.take()).toEqual(['head 1 GET /up end']);
    // Content waits for the client's preface: there is little room for it after 101.
    expect(script.reply().slice(2)).toEqual([
      'HEADERS 1 :status=200 content-length=11 date=Tue, 15 Nov 1994 08:12:31 GMT',
    ]);
    script.send(CONNECTION_PREFACE, script.settings());
    expect(script.reply()).toEqual(['SETTINGS ACK', 'DATA 1 hello']);
    script.send(script.windowUpdate(1, 100), script.headers(3, GET));
    expect(script.reply()).toEqual([
      'HEADERS 3 :status=200 content-length=11 date=Tue, 15 Nov 1994 08:12:31 GMT',
      'DATA 1 END  world',
      'DATA 3 hello',
    ]);
  });

  it('refuses broken HTTP2-Settings', () => {
    const script = new ServerScript({}, 'raw');
    expect(() => script.engine.startFromUpgrade('AAAA', requestHead())).toThrow('SETTINGS');
  });
});
