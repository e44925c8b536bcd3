/** How an exchange ended, in a mark and in words: the marks are those of marble diagrams. */
import { bytes, time } from './format.js';

/** Codes of faults that only report that the client disconnected, or cancelled the request. */
const DISCONNECTS = new Set(['connection-reset', 'stream-reset']);

export const isDisconnect = ({ code }) => DISCONNECTS.has(code);

/**
 * The end of an aborted exchange, undefined for any other: `!` where the client stopped it, as an unsubscription is drawn; `#`
 * where it failed, as an error is drawn.
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

/** What is written beside the name of an exchange, the longest first: the first one that has room is taken. */
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
