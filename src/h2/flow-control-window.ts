/**
 * Flow control (RFC 9113 sections 5.2 and 6.9), as arithmetic: no frames, no clock.
 *
 * A window is the number of octets of DATA payload that may still be sent. The receiver opens it again as the application takes the
 * content; that of the connection opens as soon as the octets have come (see `ConnectionState`). Each WINDOW_UPDATE costs both sides a frame, so credit is held back until half of the window has gathered. The sender then has
 * at least the other half left, and does not wait for the round trip.
 *
 * A stream's window starts from SETTINGS_INITIAL_WINDOW_SIZE. When that changes, every stream's window changes by the
 * difference, and may so become negative (section 6.9.2): nothing may then be sent until it is above zero again.
 */

/** The most that a window may be (RFC 9113 section 6.9.1). */
export const MAX_WINDOW = 0x7fff_ffff;

/** A window before any SETTINGS and WINDOW_UPDATE (RFC 9113 section 6.9.2). */
export const DEFAULT_WINDOW = 65_535;

/** Whether `window`, opened by `increment`, would be more than a window may be: FLOW_CONTROL_ERROR. */
export function overflows(window: number, increment: number): boolean {
  return window + increment > MAX_WINDOW;
}

/** The octets that the peer may send us, on a stream or on the whole connection. */
export class ReceiveWindow {
  /** Octets that the peer may still send. */
  remaining: number;
  /** Octets that may be under way or unread at once. */
  private size: number;
  /** Octets taken, which have not been credited to the peer. */
  private gathered: number;

  constructor(size: number) {
    this.remaining = size;
    this.size = size;
    this.gathered = 0;
  }

  /** Octets that came and were not yet given back. */
  get unread(): number {
    return this.size - this.remaining - this.gathered;
  }

  /** `octets` came. False: more than was allowed, FLOW_CONTROL_ERROR. */
  receive(octets: number): boolean {
    this.remaining -= octets;
    return this.remaining >= 0;
  }

  /** Whether half of the window has gathered, so that it is worth a frame to announce it. */
  get isDue(): boolean {
    return this.gathered * 2 >= this.size;
  }

  /** `octets` were taken. The peer gets them back with the next `announce`. */
  gather(octets: number): void {
    this.gathered += octets;
  }

  /** `octets` were taken. Returns the increment to announce to the peer now, 0 for none yet. */
  credit(octets: number): number {
    this.gathered += octets;
    return this.isDue ? this.announce() : 0;
  }

  /** Opens the window by all that has gathered. Returns the increment to announce to the peer. */
  announce(): number {
    const increment = this.gathered;
    this.gathered = 0;
    this.remaining += increment;
    return increment;
  }

  /** The window's size changes, by WINDOW_UPDATE or by acknowledged SETTINGS. */
  resize(size: number): void {
    this.remaining += size - this.size;
    this.size = size;
  }
}
