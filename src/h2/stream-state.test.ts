import { transition, verdictOn } from './stream-state.js';
import type { StreamEvent, StreamFrame, StreamState, Verdict } from './stream-state.js';

function after(...events: StreamEvent[]): StreamState | undefined {
  return events.reduce<StreamState | undefined>((state, event) => state && transition(state, event), 'idle');
}

/** The cells of a drawn table: a name for each row, and for each column. */
function cells(drawn: string): (readonly [row: string, column: string, cell: string])[] {
  const [head, ...rows] = drawn
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return rows.flatMap(([row, ...values]) => values.map((cell, at) => [row!, head![at + 1]!, cell] as const));
}

/** The diagram of section 5.1; `-` cannot happen. */
const DIAGRAM = `
  state                  PP>  H>    ES>    R>      >PP  >H    >ES    >R
  idle                   rl   open  -      we      rr   open  -      peer
  reserved-local         -    hr    -      we      -    -     -      peer
  reserved-remote        -    -     -      we      -    hl    -      peer
  open                   -    open  hl     we      -    open  hr     peer
  half-closed-local      -    -     -      we      -    hl    ended  peer
  half-closed-remote     -    hr    ended  we      -    -     -      peer
  closed-ended           -    -     -      -       -    -     -      -
  closed-reset-sent      -    -     -      -       -    -     -      -
  closed-reset-received  -    -     -      -       -    -     -      -
  closed-unknown         -    -     -      -       -    -     -      -
`;

const EVENTS: Readonly<Record<string, StreamEvent>> = {
  'PP>': 'send-push',
  'H>': 'send-headers',
  'ES>': 'send-end',
  'R>': 'send-reset',
  '>PP': 'receive-push',
  '>H': 'receive-headers',
  '>ES': 'receive-end',
  '>R': 'receive-reset',
};

const STATES: Readonly<Record<string, StreamState>> = {
  rl: 'reserved-local',
  rr: 'reserved-remote',
  open: 'open',
  hl: 'half-closed-local',
  hr: 'half-closed-remote',
  ended: 'closed-ended',
  we: 'closed-reset-sent',
  peer: 'closed-reset-received',
};

/** What the paragraphs below the diagram say of a frame that comes. */
const RECEIVED = `
  state                  headers            data            reset           window-update   push-promise
  idle                   accept             protocol-error  protocol-error  protocol-error  protocol-error
  reserved-local         protocol-error     protocol-error  accept          accept          protocol-error
  reserved-remote        accept             protocol-error  accept          protocol-error  protocol-error
  open                   accept             accept          accept          accept          accept
  half-closed-local      accept             accept          accept          accept          accept
  half-closed-remote     stream-closed      stream-closed   accept          accept          stream-closed
  closed-ended           connection-closed  stream-closed   ignore          ignore          connection-closed
  closed-reset-sent      ignore             ignore          ignore          ignore          ignore
  closed-reset-received  connection-closed  stream-closed   ignore          ignore          connection-closed
  closed-unknown         protocol-error     stream-closed   ignore          ignore          protocol-error
`;

describe('stream states (RFC 9113 section 5.1)', () => {
  it.each(cells(DIAGRAM))('%s, %s: %s', (state, event, next) => {
    expect(transition(state as StreamState, EVENTS[event]!)).toBe(STATES[next]);
  });

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
      'closed-reset-sent': 'closed-reset-received',
      'closed-reset-received': 'closed-reset-sent',
    };
    const events = Object.values(EVENTS);
    for (const first of events) {
      for (const second of events) {
        const here = after(first, second);
        expect(after(mirrored(first), mirrored(second))).toBe(here && (mirror[here] ?? here));
      }
    }
  });

  it.each(cells(RECEIVED))('in %s, %s is: %s', (state, frame, verdict) => {
    expect(verdictOn(state as StreamState, frame as StreamFrame)).toBe(verdict as Verdict);
  });
});
