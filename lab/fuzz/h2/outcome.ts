/** What a server made of what a client sent: the same shape for both sides, so that it can be compared. */
import { errorOf, framesOf, TYPE } from './wire.js';

export interface Request {
  /** Names and values, in turn, as they came: pseudo-header fields first. */
  fields: readonly string[];
  body: string;
  trailers: readonly string[];
  ended: boolean;
}

/** Node ends many sessions by this code, or none at all, whatever nghttp2 has found. */
export const UNTOLD = 'INTERNAL_ERROR';

export interface Outcome {
  readonly requests: Map<number, Request>;
  /** Streams that the server has reset, and why. */
  readonly resets: Map<number, string>;
  /** Why the server has ended the connection; '' where it has not, or not for an error. */
  connection: string;
  /** In the server's own words, why it has reset a stream, or, as stream 0, ended the connection. */
  readonly reasons: Map<number, string>;
}

export function emptyOutcome(): Outcome {
  return { requests: new Map(), resets: new Map(), connection: '', reasons: new Map() };
}

/** Reads in what the server has sent (`bytes`) how it ended streams, and the connection. */
export function readErrors(outcome: Outcome, bytes: Buffer): void {
  for (const each of framesOf(bytes)) {
    if (each.type === TYPE.RST_STREAM) outcome.resets.set(each.stream, errorOf(each));
    else if (each.type === TYPE.GOAWAY && errorOf(each) !== 'NO_ERROR') outcome.connection ||= errorOf(each);
  }
}

/** For a report: Maps cannot be written as JSON. */
export function plain({ requests, resets, connection, reasons }: Outcome): unknown {
  const [told, why] = [Object.fromEntries(requests), Object.fromEntries(reasons)];
  return { requests: told, resets: Object.fromEntries(resets), connection, reasons: why };
}
