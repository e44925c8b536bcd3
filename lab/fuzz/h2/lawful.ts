/** The lawful differences between our HTTP/2 server and nghttp2's. No row allows a difference in a request: that must be the same. */
import type { LawfulRow } from '../target.js';
import type { H2Difference } from './compare.js';
import { TYPE } from './wire.js';
import type { Frame } from './wire.js';

export interface H2Row extends LawfulRow {
  readonly kind: Exclude<H2Difference['kind'], 'request'>;
  /** What we say of it; '' where we find nothing wrong. */
  readonly reason: RegExp;
  /** How it ends at nghttp2. */
  readonly theirs?: RegExp;
  /** What must be there: the row is about nothing else. */
  readonly shows?: (evidence: Evidence) => boolean;
}

export interface Evidence {
  readonly frames: readonly Frame[];
  /** Whether we have reset a stream. */
  readonly resets: boolean;
  readonly ours: string;
}

const ANY_TIME = {
  section: 'RFC 9113 section 5.4.1',
  sentence:
    'An endpoint can end a connection at any time. In particular, an endpoint MAY choose to treat a stream error as a connection error.',
} as const;

/** Octets of field blocks as text: parts that are not Huffman-coded can be read there. */
function fieldsText(frames: readonly Frame[]): string {
  const blocks = frames.filter(({ type }) => type === TYPE.HEADERS || type === TYPE.CONTINUATION);
  return Buffer.concat(blocks.map(({ payload }) => payload)).toString('latin1');
}

/** Whether a SETTINGS payload has `setting`. */
function hasSetting(payload: Buffer, setting: number): boolean {
  for (let at = 0; at + 6 <= payload.length; at += 6) if (payload.readUInt16BE(at) === setting) return true;
  return false;
}

export const H2_ROWS: readonly H2Row[] = [
  {
    name: 'an error of a stream that nghttp2 takes for one of the connection',
    ...ANY_TIME,
    kind: 'they-end',
    reason: /^some stream$/,
  },
  {
    name: 'a GOAWAY of the client, at which node ends the connection if it names an error, and we if no stream is left',
    ...ANY_TIME,
    kind: 'they-end',
    reason: /^$/,
    shows: ({ frames }) => frames.some(({ type }) => type === TYPE.GOAWAY),
  },
  {
    name: 'an acknowledgement of SETTINGS or PING that nothing was sent for, at which node ends the connection',
    ...ANY_TIME,
    kind: 'they-end',
    reason: /^$/,
    shows({ frames }) {
      const acknowledged = (which: number): number =>
        frames.filter(({ type, flags }) => type === which && (flags & 1) !== 0).length;
      return acknowledged(TYPE.SETTINGS) > 1 || acknowledged(TYPE.PING) > 0;
    },
  },
  {
    name: 'NO_RFC7540_PRIORITIES after the first SETTINGS',
    section: 'RFC 9218 section 2.1',
    sentence: 'Receivers that detect a change MAY treat it as a connection error of type PROTOCOL_ERROR.',
    kind: 'they-end',
    reason: /^$/,
    shows: ({ frames }) =>
      frames.slice(1).some(({ type, payload }) => type === TYPE.SETTINGS && hasSetting(payload, 9)),
  },
  {
    name: 'Host in a trailer section, beside that of the head',
    section: 'RFC 9110 section 6.5',
    sentence:
      'Trailer fields ought to be processed and stored separately from the fields in the header section to avoid contradicting message semantics known at the time the header section was complete.',
    kind: 'stream',
    reason: /^$|half-closed-remote$/,
    theirs: /^PROTOCOL_ERROR behind a head$/,
    shows: ({ frames }) => /host[^]*host/.test(fieldsText(frames)),
  },
  {
    name: 'two errors on one connection: nghttp2 ends it by one of a stream, or of a field block that is not whole',
    ...ANY_TIME,
    kind: 'code',
    reason: /^/,
    shows: ({ resets, frames }) =>
      resets || frames.some(({ type, flags }) => type === TYPE.HEADERS && (flags & 4) === 0),
  },
  {
    name: 'a frame that is wrong in its size and in its place',
    section: 'RFC 9113 section 4.2',
    sentence:
      'An endpoint MUST send an error code of FRAME_SIZE_ERROR if a frame exceeds the size defined in SETTINGS_MAX_FRAME_SIZE, exceeds any limit defined for the frame type, or is too small to contain mandatory frame data.',
    kind: 'code',
    reason: /^/,
    shows: ({ ours }) => ours === 'PROTOCOL_ERROR' || ours === 'FRAME_SIZE_ERROR' || ours === 'STREAM_CLOSED',
    theirs: /^(?:PROTOCOL_ERROR|FRAME_SIZE_ERROR)$/,
  },
  {
    name: 'DATA or HEADERS on a stream that never was, or is closed, which are an error by two sections',
    section: 'RFC 9113 section 5.1',
    sentence:
      'Receiving any frame other than HEADERS or PRIORITY on a stream in this state MUST be treated as a connection error (Section 5.4.1) of type PROTOCOL_ERROR.',
    kind: 'code',
    reason: /^(?:data|headers) on stream N, which is (?:idle|closed-unknown)$/,
    theirs: /^STREAM_CLOSED$/,
  },
  {
    name: 'the padding of DATA on a stream that is gone, which nghttp2 does not look at',
    section: 'RFC 9113 section 6.1',
    sentence:
      'If the length of the padding is the length of the frame payload or greater, the recipient MUST treat this as a connection error (Section 5.4.1) of type PROTOCOL_ERROR.',
    kind: 'we-end',
    reason: /^DATA that is all padding, and more$|^padded DATA without a Pad Length$/,
  },
  ...(['we-end', 'code'] as const).map((kind): H2Row => ({
    name: 'a setting with an unlawful value, which another one in the same frame replaces',
    section: 'RFC 9113 section 6.5.3',
    sentence:
      'The values in the SETTINGS frame MUST be processed in the order they appear, with no other frame processing between values.',
    kind,
    reason: /^(?:ENABLE_CONNECT_PROTOCOL|NO_RFCN_PRIORITIES|ENABLE_PUSH|MAX_FRAME_SIZE|INITIAL_WINDOW_SIZE)/,
    shows: ({ frames }) => frames.some(({ type, payload }) => type === TYPE.SETTINGS && payload.length > 6),
  })),
  // It may find another error after it.
  ...(['we-end', 'code'] as const).map((kind): H2Row => ({
    name: 'PRIORITY_UPDATE, which node does not read',
    section: 'RFC 9218 section 7.1',
    sentence:
      'Receiving a PRIORITY_UPDATE frame with a field of any other value MUST be treated as a connection error of type PROTOCOL_ERROR.',
    kind,
    reason: /^PRIORITY_UPDATE/,
  })),
  {
    name: 'more than 32 settings in one frame, at which node ends the connection',
    section: 'RFC 9113 section 10.5',
    sentence:
      'An endpoint MAY treat activity that is suspicious as a connection error (Section 5.4.1) of type ENHANCE_YOUR_CALM.',
    kind: 'they-end',
    reason: /^$/,
    theirs: /^ENHANCE_YOUR_CALM$/,
    shows: ({ frames }) => frames.some(({ type, payload }) => type === TYPE.SETTINGS && payload.length > 32 * 6),
  },
  {
    name: 'HEADERS on a stream below one that was begun, or that was reset',
    section: 'RFC 9113 section 5.1.1',
    sentence:
      'An endpoint that receives an unexpected stream identifier MUST respond with a connection error (Section 5.4.1) of type PROTOCOL_ERROR.',
    kind: 'we-end',
    reason: /^headers on stream N, which is closed-(?:unknown|reset-received|ended)$/,
  },
  {
    name: 'DATA on a stream that is closed, which nghttp2 throws away in silence',
    section: 'RFC 9113 section 6.1',
    sentence:
      'If a DATA frame is received whose stream is not in the "open" or "half-closed (local)" state, the recipient MUST respond with a stream error (Section 5.4.2) of type STREAM_CLOSED.',
    kind: 'stream',
    reason: /^data on stream N, which is closed/,
    theirs: /^nothing$/,
  },
  {
    name: 'DATA on a stream that both have reset, and that we have forgotten since',
    section: 'RFC 9113 section 6.1',
    sentence:
      'If a DATA frame is received whose stream is not in the "open" or "half-closed (local)" state, the recipient MUST respond with a stream error (Section 5.4.2) of type STREAM_CLOSED.',
    kind: 'stream',
    reason: /^data on stream N, which is closed-unknown$/,
    theirs: /^PROTOCOL_ERROR$/,
    shows: ({ resets }) => resets,
  },
  {
    name: 'WINDOW_UPDATE of 0 on a stream that is closed',
    section: 'RFC 9113 section 6.9',
    sentence:
      'A receiver MUST treat the receipt of a WINDOW_UPDATE frame with a flow-control window increment of 0 as a stream error (Section 5.4.2) of type PROTOCOL_ERROR',
    kind: 'stream',
    reason: /^a WINDOW_UPDATE of N$/,
    theirs: /^nothing$/,
  },
  {
    name: 'PRIORITY that is wrong on a stream that is closed, or depends on itself',
    section: 'RFC 9113 section 6.3',
    sentence:
      'A PRIORITY frame with a length other than 5 octets MUST be treated as a stream error (Section 5.4.2) of type FRAME_SIZE_ERROR.',
    kind: 'stream',
    reason: /^PRIORITY of N octets$|depends on itself$/,
  },
  {
    name: 'fields that nghttp2 leaves out, although the message is malformed',
    section: 'RFC 9113 section 8.2.1',
    sentence:
      'A field name MUST NOT contain characters in the ranges 0x00-0x20, 0x41-0x5a, or 0x7f-0xff (all ranges inclusive).',
    kind: 'stream',
    reason: /^a field name |^a value of /,
  },
  {
    name: 'an authority with userinfo, or that differs from Host',
    section: 'RFC 9113 section 8.3.1',
    sentence:
      'A server SHOULD treat a request as malformed if it contains a Host header field that identifies an entity that differs from the entity in the ":authority" pseudo-header field.',
    kind: 'stream',
    reason: /^:authority, or Host, |^Host differs from :authority$|^neither :authority nor Host$/,
  },
  {
    name: 'Content-Length in a trailer section, which nghttp2 refuses',
    section: 'RFC 9110 section 8.6',
    sentence:
      'MAY either reject the message as invalid or replace that invalid field value with a single instance of the decimal value',
    kind: 'stream',
    reason: /^$|Content-Length|half-closed-remote$|^a second head|out of place$/,
    theirs: /^PROTOCOL_ERROR/,
    shows: ({ frames }) => fieldsText(frames).includes('content-length'),
  },
  {
    name: 'Content-Length of a CONNECT, which nghttp2 does not look at',
    section: 'RFC 9113 section 8.1.1',
    sentence:
      'A request or response is also malformed if the value of a content-length header field does not equal the sum of the DATA frame payload lengths that form the content, unless the message is defined as having no content.',
    kind: 'stream',
    reason: /^the content is not as long as Content-Length says$/,
    shows: ({ frames }) => fieldsText(frames).includes('CONNECT'),
  },
  {
    name: 'no authority where the scheme is not that of HTTP',
    section: 'RFC 9113 section 8.3.1',
    sentence:
      'All HTTP/2 requests MUST include exactly one valid value for the ":method", ":scheme", and ":path" pseudo-header fields, unless they are CONNECT requests',
    kind: 'stream',
    reason: /^$/,
    theirs: /^PROTOCOL_ERROR/,
    shows: ({ frames }) => fieldsText(frames).includes('ftp'),
  },
];
