/** The receiver of the package `ws`, as one side of a WebSocket. */
import { PerMessageDeflate, Receiver } from 'ws';
import type { DeflateParameters } from '../../../src/ws/engine/deflate-offers.js';
import { begun, closeOf, controlOf, errorOf, messageOf, type Outcome } from './outcome.js';
import { LIMITS, type Settings } from './settings.js';

export async function read({ role, deflate }: Settings, pieces: readonly Buffer[]): Promise<Outcome> {
  const outcome = begun();
  const isServer = role === 'server';
  const extension = deflate === undefined ? undefined : extensionOf(deflate, isServer);
  const receiver = new Receiver({
    isServer,
    maxPayload: LIMITS.message,
    maxFragments: LIMITS.fragments,
    extensions: extension === undefined ? {} : { [PerMessageDeflate.extensionName]: extension },
  });
  const { events } = outcome;
  receiver.on('message', (data: Buffer, isBinary: boolean) => events.push(messageOf(!isBinary, data)));
  receiver.on('ping', (data: Buffer) => events.push(controlOf('ping', data)));
  receiver.on('pong', (data: Buffer) => events.push(controlOf('pong', data)));
  receiver.on('conclude', (code: number, reason: Buffer) => (outcome.end = closeOf(code, reason.toString())));
  receiver.on('error', (error: Error & { readonly code?: string }) => {
    outcome.end = errorOf(closeCodeOf(error));
    outcome.reason = error.code ?? error.message;
  });
  for (const piece of pieces) {
    // It unmasks where the bytes lie.
    await new Promise<void>((resolve) => receiver.write(Buffer.from(piece), () => resolve()));
    if (outcome.end !== 'open') break;
  }
  extension?.cleanup();
  return outcome;
}

function extensionOf(parameters: DeflateParameters, isServer: boolean): PerMessageDeflate {
  const extension = new PerMessageDeflate({ isServer, maxPayload: LIMITS.message });
  const { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits } = parameters;
  extension.accept([
    {
      ...(serverNoContextTakeover ? { server_no_context_takeover: [true] } : {}),
      ...(clientNoContextTakeover ? { client_no_context_takeover: [true] } : {}),
      server_max_window_bits: [serverMaxWindowBits],
      client_max_window_bits: [clientMaxWindowBits],
    },
  ]);
  return extension;
}

/** It is under a symbol. */
function closeCodeOf(error: object): number {
  const [symbol] = Object.getOwnPropertySymbols(error);
  return symbol === undefined ? 0 : (error as Record<symbol, number>)[symbol]!;
}
