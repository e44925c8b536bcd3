/** The engine of this project, as one side of a WebSocket. */
import * as codec from '../../../src/node/deflate-codec.js';
import { MessageDeflate } from '../../../src/ws/engine/message-deflate.js';
import { WebSocketEngine } from '../../../src/ws/engine/websocket-engine.js';
import { DEFAULT_WEBSOCKET_LIMITS } from '../../../src/ws/engine/websocket-limits.js';
import { begun, closeOf, controlOf, errorOf, messageOf, type Outcome } from './outcome.js';
import { LIMITS, type Settings } from './settings.js';

const nothing = (): void => undefined;

export function read({ role, deflate }: Settings, pieces: readonly Buffer[]): Outcome {
  const outcome = begun();
  const { events } = outcome;
  const options = {
    role,
    limits: { ...DEFAULT_WEBSOCKET_LIMITS, ...LIMITS },
    deflate: deflate === undefined ? undefined : new MessageDeflate(codec, deflate, role === 'server'),
    threshold: 0,
    masks: () => 0,
  };
  const engine = new WebSocketEngine(options, {
    onMessage: (message) => events.push(messageOf(typeof message === 'string', Buffer.from(message as string))),
    onMessageBegin: nothing,
    onMessageChunk: nothing,
    onMessageEnd: nothing,
    onPing: (payload) => events.push(controlOf('ping', payload)),
    onPong: (payload) => events.push(controlOf('pong', payload)),
    onClose({ code, reason }) {
      outcome.end = closeOf(code, reason);
    },
    onError({ closeCode, message }) {
      outcome.end = errorOf(closeCode);
      outcome.reason = message;
    },
  });
  for (const piece of pieces) engine.receive(piece);
  return outcome;
}
