/** What comes of the bytes of a peer: events in words, and the end. */

export interface Outcome {
  /** Messages, pings and pongs, in order. */
  readonly events: string[];
  /** `open`, `close CODE REASON` for the peer's Close frame, `error CODE` for a broken rule or limit. */
  end: string;
  /** Why, in the words of the side: it is not compared. */
  reason: string;
}

export const begun = (): Outcome => ({ events: [], end: 'open', reason: '' });

export const messageOf = (isText: boolean, content: Uint8Array): string =>
  `${isText ? 'text' : 'binary'} ${Buffer.from(content).toString('latin1')}`;

export const controlOf = (name: 'ping' | 'pong', payload: Uint8Array): string =>
  `${name} ${Buffer.from(payload).toString('latin1')}`;

export const closeOf = (code: number, reason: string): string => `close ${code} ${reason}`;

export const errorOf = (code: number): string => `error ${code}`;
