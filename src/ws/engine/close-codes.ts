/** The payload of a Close frame (RFC 6455 sections 5.5.1 and 7.4). */
import { WebSocketError } from '../../errors.js';
import { isUtf8 } from './utf8-validator.js';

/** No code came with the Close frame: never on the wire (RFC 6455 section 7.4.1). */
export const NO_STATUS = 1005;
/** The connection ended without a Close frame: never on the wire (RFC 6455 section 7.4.1). */
export const ABNORMAL = 1006;

/** The longest reason, in bytes of UTF-8: a control frame holds 125 bytes, and two are those of the code. */
export const LONGEST_REASON = 123;

/** What a Close frame says. */
export interface CloseInfo {
  readonly code: number;
  readonly reason: string;
}

/** Whether `code` may be in a Close frame: one that is defined, or of a library, a framework or a program (RFC 6455 section 7.4). */
export function isSendable(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== NO_STATUS && code !== ABNORMAL;
}

/**
 * Reads the payload of a Close frame.
 *
 * @throws WebSocketError 1002 for a payload of one byte, or a code that may not be sent; 1007 for a reason that is not UTF-8.
 */
export function parseClose(payload: Buffer): CloseInfo {
  if (payload.length === 0) return { code: NO_STATUS, reason: '' };
  if (payload.length === 1)
    throw new WebSocketError('protocol-error', 'the payload of a Close frame has one byte', 1002);
  const code = payload.readUInt16BE(0);
  if (!isSendable(code)) throw new WebSocketError('protocol-error', `a Close frame has the code ${code}`, 1002);
  if (!isUtf8(payload, 2, payload.length))
    throw new WebSocketError('invalid-data', 'the reason of a Close frame is not UTF-8', 1007);
  return { code, reason: payload.toString('utf8', 2) };
}

/** The payload of a Close frame: empty without a code. */
export function serializeClose(code: number, reason: string): Buffer {
  if (code === NO_STATUS) return Buffer.alloc(0);
  const payload = Buffer.allocUnsafe(2 + Buffer.byteLength(reason));
  payload.writeUInt16BE(code, 0);
  payload.write(reason, 2);
  return payload;
}

/** As much of `reason` as a Close frame holds, cut between characters. */
export function shortened(reason: string): string {
  let cut = reason;
  while (Buffer.byteLength(cut) > LONGEST_REASON) {
    const characters = Array.from(cut);
    cut = characters.slice(0, Math.min(characters.length - 1, LONGEST_REASON)).join('');
  }
  return cut;
}
