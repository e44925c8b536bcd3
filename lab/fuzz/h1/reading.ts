/** What one reader made of the bytes of a connection: the same shape for both sides, so that it can be compared. */

export interface Message {
  /** Method, target and version of a request; the status code of a response. */
  start: string;
  /** Names, in lower case, and values, in turn. */
  readonly fields: readonly string[];
  /** Content as far as it came, a character for each byte. */
  body: string;
  trailers: readonly string[];
  /** Its end came. */
  complete: boolean;
}

/**
 * How it ended:
 * - `open`: no message is begun, and another one may come.
 * - `tunnel`: the bytes from here on are another protocol's.
 * - `truncated`: the end of the connection came within a message.
 * - `refused`: the bytes are not a message; `reason` explains it.
 */
export type End = 'open' | 'tunnel' | 'truncated' | 'refused';

export interface Reading {
  readonly messages: Message[];
  end: End;
  /** Of `refused`: in the reader's own words. */
  reason: string;
  /** Of `tunnel`: the bytes after the switch. */
  leftover: string;
}

export function emptyReading(): Reading {
  return { messages: [], end: 'open', reason: '', leftover: '' };
}

export function latin1Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
