import { transition, verdictOn } from './stream-state.js';
import type { StreamEvent, StreamFrame, StreamState } from './stream-state.js';

function after(...events: StreamEvent[]): StreamState | undefined {
  return events.reduce<StreamState | undefined>((state, event) => state && transition(state, event), 'idle');
}

describe('stream states (RFC 9113 section 5.1)', () => {
  it.each<[StreamState, StreamEvent[]]>([
    ['open', ['receive-headers']],
    ['half-closed-remote', ['receive-headers', 'receive-end']],
    ['closed-ended', ['receive-headers', 'receive-end', 'send-headers', 'send-end']],
    ['closed-ended', ['receive-headers', 'send-headers', 'send-end', 'receive-end']],
    ['half-closed-local', ['send-headers', 'send-end']],
    ['reserved-local', ['send-push']],
    ['half-closed-remote', ['send-push', 'send-headers']],
    ['reserved-remote', ['receive-push']],
    ['half-closed-local', ['receive-push', 'receive-headers']],
    ['closed-reset-sent', ['receive-headers', 'send-reset']],
    ['closed-reset-received', ['receive-push', 'receive-reset']],
  ])('is %s after %j', (state, events) => {
    expect(after(...events)).toBe(state);
  });

  it('is the same seen from the other end', () => {
    const mirrored = (event: StreamEvent): StreamEvent =>
      (event.startsWith('send') ? event.replace('send', 'receive') : event.replace('receive', 'send')) as StreamEvent;
    const mirror: Partial<Record<StreamState, StreamState>> = {
      'half-closed-local': 'half-closed-remote',
      'half-closed-remote': 'half-closed-local',
      'reserved-local': 'reserved-remote',
      'reserved-remote': 'reserved-local',
    };
    const events: StreamEvent[] = ['send-push', 'send-headers', 'receive-headers', 'send-end', 'receive-end'];
    for (const first of events) {
      for (const second of events) {
        const here = after(first, second);
        expect(after(mirrored(first), mirrored(second))).toBe(here && (mirror[here] ?? here));
      }
    }
  });

  it('cannot leave a closed state', () => {
    expect(transition('closed-ended', 'receive-headers')).toBeUndefined();
    expect(transition('closed-reset-received', 'send-end')).toBeUndefined();
  });

  it.each<[StreamState, StreamFrame, string]>([
    ['idle', 'data', 'protocol-error'],
    ['idle', 'reset', 'protocol-error'],
    ['idle', 'window-update', 'protocol-error'],
    ['half-closed-remote', 'data', 'stream-closed'],
    ['half-closed-remote', 'headers', 'stream-closed'],
    ['half-closed-remote', 'window-update', 'accept'],
    ['closed-ended', 'headers', 'connection-closed'],
    ['closed-ended', 'window-update', 'ignore'],
    ['closed-reset-sent', 'data', 'ignore'],
    ['closed-reset-received', 'data', 'stream-closed'],
    ['reserved-local', 'headers', 'protocol-error'],
  ])('in %s, %s is: %s', (state, frame, verdict) => {
    expect(verdictOn(state, frame)).toBe(verdict);
  });
});
