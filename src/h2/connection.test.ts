import { Fields } from '../http/fields.js';
import { FLAG } from './frame/frame.js';
import { ClientScript, DATE, GET, POST, responseHead, ServerScript } from '../../test/kits/units/h2-engines.js';

describe('SETTINGS (RFC 9113 section 6.5)', () => {
  it('is acknowledged, each', () => {
    const script = new ServerScript();
    expect(script.ask(script.settings(), script.settings(3, 1, 0xabcd, 7))).toEqual(['SETTINGS ACK', 'SETTINGS ACK']);
  });

  it('sets the size of our HPACK table (RFC 7541 section 4.2)', () => {
    const script = new ServerScript().answering('', 201);
    script.ask(script.headers(1, GET));
    const smaller = script.ask(script.settings(1, 0), script.headers(3, GET));
    expect(smaller).toEqual(['SETTINGS ACK', `HEADERS 3 END :status=201 content-length=0 date=${DATE}`]);
    script.send(script.settings(1, 4096));
    for (let stream = 5; stream < 20; stream += 2) {
      expect(script.ask(script.headers(stream, GET)).at(-1)).toMatch(/:status=201/);
    }
  });
});

describe('PING (RFC 9113 section 6.7)', () => {
  it('is acknowledged with its octets', () => {
    const script = new ServerScript();
    expect(script.ask(script.ping('00112233445566ff'))).toEqual(['PING ACK 00112233445566ff']);
  });

  it('is sent, and its acknowledgement reported', () => {
    const script = new ServerScript();
    script.engine.ping(Buffer.from('12345678'));
    expect(script.reply()).toEqual(['PING 3132333435363738']);
    script.send(script.ping('3132333435363738', FLAG.ACK));
    expect(script.log.take()).toEqual(['pong 3132333435363738']);
    expect(script.ask()).toEqual([]);
    expect(() => script.engine.ping(Buffer.from('short'))).toThrow(TypeError);
  });
});

describe('the graceful end of a server (RFC 9113 section 6.8)', () => {
  const PING = 'PING 73687574646f776e';
  const PONG = '73687574646f776e';

  it('takes what is on its way, then names the last stream, then ends with it', () => {
    const script = new ServerScript();
    script.send(script.headers(1, GET));
    script.engine.shutdown();
    expect(script.engine.state).toBe('draining');
    expect(script.reply()).toEqual(['GOAWAY 2147483647 NO_ERROR', PING]);
    script.send(script.headers(3, GET));
    expect(script.ask(script.ping(PONG, FLAG.ACK))).toEqual(['GOAWAY 3 NO_ERROR']);
    expect(script.log.take()).toEqual(['head 1 GET / end', 'head 3 GET / end']);
    expect(script.ask(script.headers(5, POST, 0), script.data(5, 'ignored'))).toEqual([]);
    script.engine.sendMessage(1, responseHead(), '');
    expect(script.engine.state).toBe('draining');
    script.engine.sendMessage(3, responseHead(), '');
    expect(script.engine.state).toBe('closing');
    expect(script.reply()).toHaveLength(2);
    expect(script.engine.hasOutput).toBe(false);
    expect(script.log.take()).toEqual(['sent 1', 'sent 3']);
  });

  it('waits for the round trip even if nothing is open', () => {
    const script = new ServerScript();
    script.engine.shutdown();
    script.engine.shutdown();
    expect(script.reply()).toEqual(['GOAWAY 2147483647 NO_ERROR', PING]);
    expect(script.engine.state).toBe('draining');
    expect(script.ask(script.ping(PONG, FLAG.ACK))).toEqual(['GOAWAY 0 NO_ERROR']);
    expect(script.engine.state).toBe('closing');
  });
});

describe('GOAWAY of the peer (RFC 9113 section 6.8)', () => {
  it('lets what is under way end, and ends with it', () => {
    const script = new ServerScript();
    script.send(script.headers(1, GET), script.goaway(0));
    expect(script.log.take()).toEqual(['head 1 GET / end', 'goaway 0 NO_ERROR']);
    expect(script.engine.state).toBe('draining');
    expect(script.engine.push(1, { ...script.log.heads[0]! })).toBe(0);
    script.engine.sendMessage(1, responseHead(), '');
    expect(script.reply()).toEqual([`HEADERS 1 END :status=200 content-length=0 date=${DATE}`, 'GOAWAY 1 NO_ERROR']);
    expect(script.engine.state).toBe('closing');
  });

  it('ends a connection on which nothing is under way', () => {
    const script = new ServerScript();
    script.send(script.goaway(0, 'ENHANCE_YOUR_CALM'));
    expect(script.log.take()).toEqual(['goaway 0 ENHANCE_YOUR_CALM']);
    expect(script.engine.state).toBe('closing');
  });

  it('comes with its debug data', () => {
    const script = new ServerScript();
    script.send(script.goaway(0, 'NO_ERROR', 'restarting'));
    expect(script.log.take()).toEqual(['goaway 0 NO_ERROR restarting']);
  });

  it('of an error is why the streams are lost that the end of the connection takes along', () => {
    const script = new ClientScript();
    script.get();
    const messages: string[] = [];
    script.log.onReset = (stream, error) =>
      messages.push(`${stream} ${error.code} ${error.reason ?? ''}: ${error.message}`);
    script.send(script.goaway(1, 'ENHANCE_YOUR_CALM', 'too many requests'));
    expect(script.log.take()).toEqual(['goaway 1 ENHANCE_YOUR_CALM too many requests']);
    script.engine.receiveEof(0);
    const words = 'the peer ended the connection: ENHANCE_YOUR_CALM (too many requests)';
    expect(messages).toEqual([`1 protocol-error ENHANCE_YOUR_CALM: ${words}`]);
  });

  it('without an error leaves the end of the connection as it is', () => {
    const script = new ClientScript();
    script.get();
    script.send(script.goaway(1));
    expect(script.log.take()).toEqual(['goaway 1 NO_ERROR']);
    script.engine.receiveEof(0);
    expect(script.log.take()).toEqual(['sent 1', 'reset 1 peer connection-reset']);
  });

  it('frees a client to try elsewhere what the server will not do', () => {
    const script = new ClientScript();
    script.get();
    script.get();
    script.send(script.goaway(1));
    expect(script.log.take()).toEqual(['reset 3 peer refused REFUSED_STREAM', 'goaway 1 NO_ERROR']);
    expect(script.engine.capacity).toBe(0);
    script.send(script.headers(1, { ':status': '200' }));
    expect(script.log.take()).toEqual(['head 1 200 end']);
    expect(script.engine.state).toBe('closing');
  });
});

describe('the graceful end of a client', () => {
  it('says so, and ends when its exchanges have', () => {
    const script = new ClientScript();
    script.get();
    script.reply();
    script.engine.shutdown();
    expect(script.reply()).toEqual(['GOAWAY 0 NO_ERROR']);
    expect(script.engine.capacity).toBe(0);
    script.send(script.headers(1, { ':status': '200' }));
    expect(script.engine.state).toBe('closing');
  });
});

describe('errors of the connection (RFC 9113 section 5.4.1)', () => {
  it('reset every stream first, and are reported once', () => {
    const script = new ServerScript();
    script.send(script.headers(1, GET), script.headers(3, GET));
    script.log.take();
    script.engine.sendMessage(1, responseHead(), '');
    script.send(script.data(0, 'x'));
    expect(script.log.take()).toEqual([
      'sent 1',
      'reset 3 peer protocol-error PROTOCOL_ERROR',
      'error protocol-error PROTOCOL_ERROR',
    ]);
    expect(script.engine.state).toBe('closing');
    script.engine.sendMessage(3, responseHead(), '');
    script.engine.shutdown();
    script.engine.receiveEof(0);
    expect(script.reply().at(-1)).toBe('GOAWAY 3 PROTOCOL_ERROR');
    expect(script.engine.sentGoaway).toEqual({ lastStream: 3, reason: 'PROTOCOL_ERROR', debugData: '' });
    expect(script.log.take()).toEqual([]);
  });
});

describe('priorities (RFC 9218)', () => {
  /** Streams of 40,000 octets each are asked for, in this order; the order in which they are sent, a frame each. */
  function order(script: ServerScript, ...requests: [stream: number, priority: string | undefined][]): number[] {
    script.send(script.windowUpdate(0, 1 << 20));
    for (const [stream, priority] of requests) {
      script.send(script.headers(stream, priority === undefined ? GET : { ...GET, priority }));
      script.engine.sendMessage(stream, responseHead(), Buffer.alloc(40_000));
    }
    const sent = script.reply().filter((line) => line.startsWith('DATA'));
    return sent.map((line) => Number(line.split(' ')[1]));
  }

  it('are of the Priority field (section 4)', () => {
    expect(order(new ServerScript(), [1, 'u=5'], [3, 'u=1'], [5, 'u=3'])).toEqual([3, 3, 3, 5, 5, 5, 1, 1, 1]);
  });

  it('let incremental responses take turns (section 10)', () => {
    expect(order(new ServerScript(), [1, 'i'], [3, 'i'])).toEqual([1, 3, 1, 3, 1, 3]);
    expect(order(new ServerScript(), [1, 'u=3'], [3, 'u=3'])).toEqual([1, 1, 1, 3, 3, 3]);
  });

  it('share fairly without any priority', () => {
    expect(order(new ServerScript(), [1, undefined], [3, undefined])).toEqual([1, 3, 1, 3, 1, 3]);
  });

  it('may be foretold, and changed, by PRIORITY_UPDATE (section 7.1)', () => {
    const script = new ServerScript();
    script.send(script.priorityUpdate(3, 'u=0'));
    expect(order(script, [1, 'u=1'], [3, 'u=7'])).toEqual([3, 3, 3, 1, 1, 1]);
    script.send(script.headers(5, GET), script.priorityUpdate(5, 'u=6, i'));
    expect(script.log.take().at(-1)).toBe('priority 5 u=6 i=true');
    expect(script.engine.priority(5)).toEqual({ urgency: 6, incremental: true });
    script.engine.prioritize(5, 2, false);
    expect(script.engine.priority(5)).toEqual({ urgency: 2, incremental: false });
    expect(() => script.engine.prioritize(5, 8, false)).toThrow(TypeError);
  });

  it.each([
    ['of stream 0', 0, 'PROTOCOL_ERROR'],
    ['of a push that was not promised', 4, 'PROTOCOL_ERROR'],
  ])('PRIORITY_UPDATE %s is an error of the connection', (_, stream, reason) => {
    const script = new ServerScript();
    expect(script.ask(script.priorityUpdate(stream, 'u=0'))).toEqual([`GOAWAY 0 ${reason}`]);
  });

  it('PRIORITY_UPDATE of a server is an error of the connection', () => {
    const script = new ClientScript();
    expect(script.ask(script.priorityUpdate(1, 'u=0'))).toEqual(['GOAWAY 0 PROTOCOL_ERROR']);
  });
});

describe('what waits to be pulled', () => {
  it('stops us from reading, until it is pulled', () => {
    const script = new ServerScript({ concurrentStreams: 1000 });
    script.log.answer = (stream) =>
      script.engine.sendMessage(stream, responseHead(200, { 'set-cookie': 'y'.repeat(1000) }), '');
    let stream = 1;
    for (; script.engine.wantsInput && stream < 2000; stream += 2) {
      script.send(script.headers(stream, GET));
      script.engine.sendInformational(stream, 103, Fields.EMPTY);
    }
    expect(stream).toBeLessThan(2000);
    script.reply();
    expect(script.engine.wantsInput).toBe(true);
  });
});
