/** How an exchange ended, as a mark and in words. The marks are those of marble diagrams. */
import { bytes, time } from './format.js';

/** Codes of the faults that only report that the client disconnected or cancelled the request. */
const DISCONNECTS = new Set(['connection-reset', 'stream-reset']);

export const isDisconnect = ({ code }) => DISCONNECTS.has(code);

/**
 * The end of an aborted exchange; undefined for any other. The mark is `!`, an unsubscription, if the client stopped the exchange,
 * and `#`, an error, if it failed.
 */
export function abortOf({ outcome, fault, status }) {
  if (outcome !== 'aborted') return undefined;
  const when = status === undefined ? 'before a response' : 'before the response was complete';
  if (fault !== undefined)
    return { mark: '#', words: `aborted: ${fault.code}`, sentence: `failed ${when}: ${fault.code}` };
  return {
    mark: '!',
    words: 'aborted by client',
    sentence: `the client disconnected or cancelled the request ${when}`,
  };
}

/** The texts to write beside the name of an exchange, longest first: the picture takes the first one that fits. */
export function remarks(exchange) {
  const { open, fault, duration, outcome } = exchange;
  if (open) return [progress(exchange), ''];
  const abort = abortOf(exchange);
  if (abort !== undefined) {
    const { mark, words } = abort;
    return [`${mark} ${words}, ${time(duration)}`, `${mark} ${words}`, `${mark} aborted`];
  }
  if (fault !== undefined) return [fault.code];
  return [outcome === 'unseen' ? 'end not seen' : time(duration), ''];
}

/** The bytes of an exchange so far, and those that wait for the handler. */
function progress({ in: received, out, credit, chunksIn }) {
  const parts = [];
  if (received > 0) parts.push(`${bytes(received)} received`);
  if (chunksIn > 0 && received > credit) parts.push(`${bytes(received - credit)} waiting`);
  if (out > 0) parts.push(`${bytes(out)} sent`);
  return parts.length === 0 ? '…' : parts.join(', ');
}
