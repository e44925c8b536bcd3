import * as codec from '../../node/deflate-codec.js';
import { Output } from '../../bytes.js';
import { ECHO_CASES, type EchoCase } from '../../../test/kits/websocket/echo-cases.js';
import { Inflater, readFrames, told } from '../../../test/kits/websocket/frames.js';
import { acceptDeflate } from './deflate-offers.js';
import { parseExtensions } from './extension-offers.js';
import { MessageDeflate } from './message-deflate.js';
import { WebSocketEngine, type WebSocketEvents } from './websocket-engine.js';
import { DEFAULT_WEBSOCKET_LIMITS } from './websocket-limits.js';

/** An echo without IO: what it sends for `chunks`, in words. */
function echoed(chunks: readonly Buffer[], offer?: string): string[] {
  const parameters = offer === undefined ? undefined : acceptDeflate(parseExtensions(offer)!, {})!.parameters;
  const deflate = parameters === undefined ? undefined : new MessageDeflate(codec, parameters, true);
  const nothing = (): void => undefined;
  const events: WebSocketEvents = {
    onMessage: (message) => engine.sendMessage(message),
    onMessageBegin: nothing,
    onMessageChunk: nothing,
    onMessageEnd: nothing,
    onPing: nothing,
    onPong: nothing,
    onClose: nothing,
    onError: nothing,
  };
  const limits = DEFAULT_WEBSOCKET_LIMITS;
  const engine = new WebSocketEngine({ role: 'server', limits, deflate, threshold: 0, masks: () => 0 }, events);
  const output = new Output();
  for (const chunk of chunks) {
    engine.receive(chunk);
    while (engine.hasOutput) engine.pull(output, 1 << 30);
  }
  const inflater = new Inflater(!(parameters?.serverNoContextTakeover ?? false));
  const { frames, rest } = readFrames(Buffer.from(output.toBytes()));
  expect(rest).toHaveLength(0);
  const words = frames.map((frame) => told(frame, inflater));
  expect(engine.state).toBe(words.some((word) => word.startsWith('CLOSE')) ? 'closing' : 'open');
  return words;
}

const sections = [...new Set(ECHO_CASES.map(({ section }) => section))];

describe.each(sections)('%s', (section) => {
  const cases = ECHO_CASES.filter((one) => one.section === section).map((one): [string, EchoCase] => [one.title, one]);

  it.each(cases)('%s', (_title, { send, expect: expected, deflate }) => {
    const whole = Buffer.concat(send);
    expect(echoed([whole], deflate)).toEqual(expected);
    expect(echoed(send, deflate)).toEqual(expected);
    // A long input is not cut at each octet.
    if (whole.length > 600) return;
    // Octet by octet, and cut at each octet.
    expect(
      echoed(
        Array.from(whole, (octet) => Buffer.of(octet)),
        deflate,
      ),
    ).toEqual(expected);
    for (let at = 1; at < whole.length; at++) {
      expect(echoed([whole.subarray(0, at), whole.subarray(at)], deflate)).toEqual(expected);
    }
  });
});
