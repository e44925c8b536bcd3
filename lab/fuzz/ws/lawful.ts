/** Differences between this engine and the package `ws` that the RFCs allow. */
import type { LawfulRow } from '../target.js';
import type { Evidence } from './evidence.js';
import type { Outcome } from './outcome.js';

export interface WsRow extends LawfulRow {
  readonly covers: (ours: Outcome, theirs: Outcome, evidence: () => Evidence) => boolean;
}

const isControl = (event: string): boolean => event.startsWith('ping ') || event.startsWith('pong ');

/** Whether `longer` has the events of `shorter` first. */
function goesOn(shorter: Outcome, longer: Outcome): boolean {
  return shorter.events.every((event, at) => event === longer.events[at]);
}

/** Whether `later` has no event more than `earlier`, but for pings and pongs within the message at which `earlier` stopped. */
function stopsLater(earlier: Outcome, later: Outcome): boolean {
  return goesOn(earlier, later) && later.events.slice(earlier.events.length).every(isControl);
}

const messagesIn = (events: readonly string[]): number => events.filter((event) => !isControl(event)).length;

function inCommon(one: readonly string[], other: readonly string[]): readonly string[] {
  const end = one.findIndex((event, at) => event !== other[at]);
  return end === -1 ? one : one.slice(0, end);
}

const OF_INFLATING = /^(Z_DATA_ERROR|WS_ERR_UNSUPPORTED_MESSAGE_LENGTH)$/;

export const WS_ROWS: readonly WsRow[] = [
  {
    name: 'a length that is not in its shortest form, which ws reads',
    section: 'RFC 6455 section 5.2',
    sentence:
      "Note that in all cases, the minimal number of bytes MUST be used to encode the length, for example, the length of a 124-byte-long string can't be encoded as the sequence 126, 0, 124.",
    covers: (ours, theirs) => /not in its shortest form/.test(ours.reason) && goesOn(ours, theirs),
  },
  {
    name: 'a length of 2^63 or more, which ws takes for one that is only too long',
    section: 'RFC 6455 section 5.2',
    sentence:
      'If 127, the following 8 bytes interpreted as a 64-bit unsigned integer (the most significant bit MUST be 0) are the payload length.',
    covers: (ours, theirs) =>
      /2\^63/.test(ours.reason) && theirs.reason === 'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH' && goesOn(ours, theirs),
  },
  {
    name: 'text that is not UTF-8, which ws reports at the end of its message, and we at its first wrong octet',
    section: 'RFC 6455 section 8.1',
    sentence:
      'When an endpoint is to interpret a byte stream as UTF-8 but finds that the byte stream is not, in fact, a valid UTF-8 stream, that endpoint MUST _Fail the WebSocket Connection_.',
    covers: (ours, theirs) => ours.reason === 'a message of text is not UTF-8' && stopsLater(ours, theirs),
  },
  {
    name: 'a head that cannot be lawful, which one side reports before all of it has come',
    section: 'RFC 6455 section 10.7',
    sentence:
      'If, at any time, an endpoint is faced with data that it does not understand or that violates some criteria by which the endpoint determines safety of input, or when the endpoint sees an opening handshake that does not correspond to the values it is expecting (e.g., incorrect path or origin in the client request), the endpoint MAY drop the TCP connection.',
    covers: (ours, theirs) =>
      goesOn(ours, theirs) &&
      goesOn(theirs, ours) &&
      [ours.end, theirs.end].includes('open') &&
      [ours.end, theirs.end].includes('error 1002'),
  },
  {
    name: 'more fragments than allowed, which we report before the content of the first that is too many',
    section: 'RFC 6455 section 10.4',
    sentence:
      'Implementations that have implementation- and/or platform-specific limitations regarding the frame size or total message size after reassembly from multiple frames MUST protect themselves against exceeding those limits.',
    covers: (ours, theirs) => ours.end === 'error 1008' && theirs.end !== 'error 1008' && stopsLater(ours, theirs),
  },
  {
    name: 'a message that is longer than the limit before it is decompressed',
    section: 'RFC 6455 section 10.4',
    sentence:
      'Implementations that have implementation- and/or platform-specific limitations regarding the frame size or total message size after reassembly from multiple frames MUST protect themselves against exceeding those limits.',
    covers: (ours, theirs, evidence) => theirs.end === 'error 1009' && goesOn(theirs, ours) && evidence().isLong,
  },
  {
    name: 'a compressed message that is malformed or too long, whose fragments ws decompresses as they come',
    section: 'RFC 6455 section 10.7',
    sentence:
      'If, at any time, an endpoint is faced with data that it does not understand or that violates some criteria by which the endpoint determines safety of input, or when the endpoint sees an opening handshake that does not correspond to the values it is expecting (e.g., incorrect path or origin in the client request), the endpoint MAY drop the TCP connection.',
    covers: (ours, theirs) => OF_INFLATING.test(theirs.reason) && stopsLater(theirs, ours),
  },
  {
    name: 'compressed data that ends within a block, which ws goes on reading in the next message',
    section: 'RFC 7692 section 7.2.1',
    sentence:
      'If the resulting data does not end with an empty DEFLATE block with no compression (the "BTYPE" bits are set to 00), append an empty DEFLATE block with no compression to the tail end.',
    covers: (ours, theirs, evidence) => evidence().beforeCutOff <= messagesIn(ours.events),
  },
  {
    name: 'a final block, after which ws begins again: within the message, and without what came before',
    section: 'RFC 7692 section 7.2.3.4',
    sentence:
      'This octet is necessary to allow the payload to be decompressed in the same manner as messages flushed using DEFLATE blocks with "BFINAL" unset.',
    covers: (ours, theirs, evidence) => evidence().beforeFinalBlock <= messagesIn(inCommon(ours.events, theirs.events)),
  },
  {
    name: 'a reference further back than the agreed window, which zlib sees or not, depending on how it is called',
    section: 'RFC 7692 section 7.1.2.2',
    sentence:
      'By including this extension parameter in an extension negotiation response, a server limits the LZ77 sliding window size that the client uses to compress messages.',
    covers: (ours, theirs, evidence) =>
      theirs.reason === 'Z_DATA_ERROR' && goesOn(theirs, ours) && evidence().isWindowSmall,
  },
];
