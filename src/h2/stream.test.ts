import { OUT } from './send-scheduler.js';
import { H2Stream } from './stream.js';

describe('a stream that has just begun', () => {
  it('owes both messages from their heads on, and has nothing that waits', () => {
    expect(new H2Stream(5, 'open', 100)).toMatchObject({
      id: 5,
      state: 'open',
      sendWindow: 100,
      incoming: 'head',
      outgoing: 'head',
      place: OUT,
      waited: false,
      lingers: false,
    });
  });

  it('is known of nothing: no Content-Length, and no method that changes what comes', () => {
    expect(new H2Stream(5, 'open', 100)).toMatchObject({
      toCome: -1,
      toGo: -1,
      known: false,
      headOnly: false,
      connect: false,
      expectsContinue: false,
    });
  });

  it('gets a fair share without an announced priority (RFC 9218 section 4)', () => {
    expect(new H2Stream(5, 'open', 100)).toMatchObject({ urgency: 3, incremental: true });
  });
});
