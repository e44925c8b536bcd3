/**
 * UTF-8 as it comes, cut anywhere: the first octet that no valid text can have is an error at once (RFC 6455 section 8.1, RFC 3629
 * section 4). A text that came whole is decoded first, and looked at only if the result has a replacement character.
 */

/** @internal */
export class Utf8Validator {
  /** Continuation octets that are still to come. */
  private missing = 0;
  /** What the next of them may be: the first one after E0, ED, F0 and F4 has narrower bounds. */
  private lower = 0x80;
  private upper = 0xbf;

  /** Whether the text may end here. */
  get complete(): boolean {
    return this.missing === 0;
  }

  reset(): void {
    this.missing = 0;
    this.lower = 0x80;
    this.upper = 0xbf;
  }

  /** Takes the octets from `from` up to `to`. @returns false at the first that cannot follow. */
  accepts(bytes: Uint8Array, from: number, to: number): boolean {
    let { missing, lower, upper } = this;
    for (let index = from; index < to; index++) {
      const octet = bytes[index]!;
      if (missing > 0) {
        if (octet < lower || octet > upper) return false;
        missing--;
        lower = 0x80;
        upper = 0xbf;
      } else if (octet >= 0x80) {
        // C0 and C1 would be overlong; F5 and above, past U+10FFFF.
        if (octet < 0xc2 || octet > 0xf4) return false;
        if (octet < 0xe0) missing = 1;
        else if (octet < 0xf0) {
          missing = 2;
          // E0: overlong below A0. ED: a surrogate above 9F.
          if (octet === 0xe0) lower = 0xa0;
          else if (octet === 0xed) upper = 0x9f;
        } else {
          missing = 3;
          // F0: overlong below 90. F4: past U+10FFFF above 8F.
          if (octet === 0xf0) lower = 0x90;
          else if (octet === 0xf4) upper = 0x8f;
        }
      }
    }
    this.missing = missing;
    this.lower = lower;
    this.upper = upper;
    return true;
  }
}

const whole = new Utf8Validator();

/** Whether the octets from `from` up to `to` are a text of UTF-8. */
export function isUtf8(bytes: Uint8Array, from: number, to: number): boolean {
  whole.reset();
  return whole.accepts(bytes, from, to) && whole.complete;
}

/** The text of these octets; undefined if they are not UTF-8. */
export function decodeUtf8(bytes: Buffer, from: number, to: number): string | undefined {
  const text = bytes.toString('utf8', from, to);
  // Octets that cannot be decoded become U+FFFD, which a valid text may have as well.
  return text.includes('\ufffd') && !isUtf8(bytes, from, to) ? undefined : text;
}
