/**
 * An input of a connection, as bytes that any change leaves a program. They are the bytes that the peer sends, with other actions at each
 * ESCAPE: the application responds, reads, gives up; time passes.
 *
 * ```
 * config *( byte | ESCAPE ESCAPE | ESCAPE action argument )
 * ```
 *
 * Two actions are about the wire itself. `wrap` frames the bytes up to the next action (a frame of HTTP/2, a chunk), so that its length is
 * always right. `repeat` sends the last bytes some more times.
 */

export const ESCAPE = 0xfd;

/** What happens beside the peer. */
export const ACTIONS = [
  ...['wrap', 'repeat', 'answer', 'head', 'data', 'end', 'pull', 'credit', 'discard', 'abort', 'timeout', 'time'],
  ...['interim', 'continue', 'shutdown', 'eof', 'open', 'ping', 'prioritize', 'push'],
] as const;

export type Action = (typeof ACTIONS)[number];

export type Step =
  | { readonly kind: 'wire'; readonly bytes: Buffer }
  | { readonly kind: 'act'; readonly action: Action; readonly argument: number };

export interface Program {
  /** Bits that say how the connection is made, and what it is used by. */
  readonly config: number;
  readonly steps: readonly Step[];
  /** Bytes that come. */
  readonly size: number;
}

/** Bytes that the peer sends at most, repetitions included. */
const MOST = 12 * 1024;

export type Wrap = (argument: number, content: Buffer) => Buffer;

export function parseProgram(input: Buffer, wrap: Wrap): Program {
  const steps: Step[] = [];
  let size = 0;
  let wire: Buffer[] = [];
  /** What is being collected, and how it is to be wrapped. */
  let content: number[] = [];
  let wrapping = -1;
  let latest: Buffer = Buffer.alloc(0);

  const send = (bytes: Buffer): void => {
    if (size + bytes.length > MOST) return;
    wire.push(bytes);
    size += bytes.length;
  };
  const collected = (): void => {
    if (content.length === 0 && wrapping < 0) return;
    latest = wrapping < 0 ? Buffer.from(content) : wrap(wrapping, Buffer.from(content));
    send(latest);
    content = [];
    wrapping = -1;
  };
  const sent = (): void => {
    if (wire.length > 0) steps.push({ kind: 'wire', bytes: Buffer.concat(wire) });
    wire = [];
  };

  for (let at = 1; at < input.length; at++) {
    const byte = input[at]!;
    if (byte !== ESCAPE || input[at + 1] === ESCAPE) {
      content.push(byte);
      if (byte === ESCAPE) at++;
      continue;
    }
    collected();
    const action = ACTIONS[(input[at + 1] ?? 0) % ACTIONS.length]!;
    const argument = input[at + 2] ?? 0;
    at += 2;
    if (action === 'wrap') wrapping = argument;
    else if (action === 'repeat') for (let times = 1 << (argument & 7); times > 0; times--) send(latest);
    else {
      sent();
      steps.push({ kind: 'act', action, argument });
    }
  }
  collected();
  sent();
  return { config: input[0] ?? 0, steps, size };
}

/** An action, as bytes of an input. */
export function act(action: Action, argument = 0): Buffer {
  return Buffer.of(ESCAPE, ACTIONS.indexOf(action), argument);
}

/** Bytes of the wire, as bytes of an input. */
export function literally(bytes: Buffer): Buffer {
  if (!bytes.includes(ESCAPE)) return bytes;
  return Buffer.from([...bytes].flatMap((byte) => (byte === ESCAPE ? [byte, byte] : [byte])));
}
