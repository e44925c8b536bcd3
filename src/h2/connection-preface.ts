/** The connection preface (RFC 9113 section 3.4): the first bytes of each side. */
import { connectionError } from './errors.js';
import { DEFAULT_WINDOW, MAX_WINDOW } from './flow-control-window.js';
import { writeSettings } from './frame/settings.js';
import { writeWindowUpdate } from './frame/window-update.js';
import type { ConnectionState } from './connection-state.js';
import type { Role } from './roles.js';
import { localSettings } from './settings.js';

/** The octets that a client's preface begins with. */
export const CONNECTION_PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** Checks the peer's preface, up to its SETTINGS. */
export class PrefaceReader {
  /** Octets still to come. */
  private left: number;

  /** @param role - the reader's own: only clients send the octets. */
  constructor(role: Role) {
    this.left = role === 'server' ? CONNECTION_PREFACE.length : 0;
  }

  /** Whether nothing of it has come. */
  get isUntouched(): boolean {
    return this.left === CONNECTION_PREFACE.length;
  }

  get isComplete(): boolean {
    return this.left === 0;
  }

  /** Returns the octets after the preface. Only the whole preface shows that the peer speaks HTTP/2. */
  read(chunk: Uint8Array): Uint8Array {
    const from = CONNECTION_PREFACE.length - this.left;
    const size = Math.min(this.left, chunk.length);
    for (let index = 0; index < size; index++) {
      if (chunk[index] !== CONNECTION_PREFACE[from + index]) {
        throw connectionError('PROTOCOL_ERROR', 'the connection preface is not that of HTTP/2');
      }
    }
    this.left -= size;
    return chunk.subarray(size);
  }
}

/** Writes our preface: its octets, SETTINGS, and as much of a window as this side gives. */
export function writeConnectionPreface(
  { role, limits, writer }: ConnectionState,
  takesPush: boolean,
  connectProtocol: boolean,
): void {
  if (role === 'client') {
    writer.reserve(CONNECTION_PREFACE.length);
    writer.position += CONNECTION_PREFACE.copy(writer.bytes, writer.position);
  }
  writeSettings(writer, localSettings(role, limits, takesPush, connectProtocol));
  const more = Math.min(limits.connectionWindow, MAX_WINDOW) - DEFAULT_WINDOW;
  if (more > 0) writeWindowUpdate(writer, 0, more);
}
