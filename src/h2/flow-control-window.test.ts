import { fc } from '../../test/kits/properties.js';
import { MAX_WINDOW, overflows, ReceiveWindow } from './flow-control-window.js';

describe('a receive window (RFC 9113 section 6.9)', () => {
  it('counts what comes, to the last octet', () => {
    const window = new ReceiveWindow(100);
    expect(window.receive(60)).toBe(true);
    expect(window.receive(40)).toBe(true);
    expect(window.receive(1)).toBe(false);
  });

  it('reports credit once half of the window has gathered', () => {
    const window = new ReceiveWindow(100);
    window.receive(100);
    expect(window.credit(49)).toBe(0);
    expect(window.remaining).toBe(0);
    expect(window.credit(1)).toBe(50);
    expect(window.remaining).toBe(50);
    expect(window.credit(0)).toBe(0);
  });

  it('may become negative when it is made smaller (section 6.9.2)', () => {
    const window = new ReceiveWindow(65_535);
    window.receive(60_000);
    window.resize(10_000);
    expect(window.remaining).toBe(-50_000);
    expect(window.credit(60_000)).toBe(60_000);
    expect(window.remaining).toBe(10_000);
  });

  it('never lets more than its size be unread, and gives every octet back', () => {
    const sizes = fc.integer({ min: 1, max: 5_000 });
    fc.assert(
      fc.property(sizes, fc.array(fc.tuple(sizes, fc.boolean()), { maxLength: 200 }), (size, script) => {
        const window = new ReceiveWindow(size);
        let unread = 0;
        let held = true;
        for (const [octets, take] of script) {
          const moved = Math.min(octets, take ? unread : window.remaining);
          if (take) window.credit(moved);
          else held &&= window.receive(moved);
          unread += take ? -moved : moved;
          held &&= window.unread === unread && unread <= size;
        }
        expect(held).toBe(true);
        window.credit(unread);
        expect(window.remaining * 2).toBeGreaterThanOrEqual(size);
      }),
    );
  });
});

describe('a send window (RFC 9113 section 6.9.1)', () => {
  it('overflows past 2^31-1', () => {
    expect(overflows(MAX_WINDOW - 5, 5)).toBe(false);
    expect(overflows(MAX_WINDOW - 5, 6)).toBe(true);
    expect(overflows(-5, MAX_WINDOW)).toBe(false);
  });
});
