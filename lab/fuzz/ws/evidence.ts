/** Properties of the compressed messages of a case, read without either engine. */
import { constants, inflateRawSync } from 'node:zlib';
import { OP, readFrames } from '../../../test/kits/websocket/frames.js';
import { LIMITS, type Settings } from './settings.js';

export interface Evidence {
  /** A message is longer than the limit while it is compressed. */
  readonly isLong: boolean;
  /** Whether the window that was agreed on is smaller than that of DEFLATE. */
  readonly isWindowSmall: boolean;
  /** Messages before the first whose data ends within a block; Infinity if all are lawful. */
  readonly beforeCutOff: number;
  /** Messages before the first that has a final block; Infinity if no message has one. */
  readonly beforeFinalBlock: number;
}

const TAIL = Buffer.from('0000ffff', 'hex');
/** A final block of one octet. */
const FINAL = Buffer.from('010100feff5a', 'hex');
const WINDOW = 32 * 1024;

export function evidenceOf(bytes: Buffer, { role, deflate }: Settings): Evidence {
  const isWindowSmall = deflate !== undefined && deflate.clientMaxWindowBits < 15;
  const evidence = { isLong: false, isWindowSmall, beforeCutOff: Infinity, beforeFinalBlock: Infinity };
  if (deflate === undefined) return evidence;
  const alone = role === 'server' ? deflate.clientNoContextTakeover : deflate.serverNoContextTakeover;
  let dictionary = Buffer.alloc(0);
  for (const [before, { payload, isComplete }] of messagesOf(bytes).entries()) {
    evidence.isLong ||= payload !== undefined && payload.length > LIMITS.message;
    if (payload === undefined || !isComplete) continue;
    const data = Buffer.concat([payload, TAIL]);
    if (hasFinalBlock(payload, dictionary)) evidence.beforeFinalBlock = Math.min(evidence.beforeFinalBlock, before);
    else if (!endsWithBlock(data, dictionary)) evidence.beforeCutOff = Math.min(evidence.beforeCutOff, before);
    const content = inflated(data, dictionary, constants.Z_SYNC_FLUSH);
    if (content === undefined) break;
    if (!alone) dictionary = Buffer.concat([dictionary, content]).subarray(-WINDOW);
  }
  return evidence;
}

/** Whether a final block ends within the payload, or with the octets that its sender took off. */
function hasFinalBlock(payload: Buffer, dictionary: Buffer): boolean {
  const ends = (bytes: Buffer): boolean => inflated(bytes, dictionary, constants.Z_FINISH) !== undefined;
  return (
    ends(payload) || (ends(Buffer.concat([payload, TAIL])) && !ends(Buffer.concat([payload, TAIL.subarray(0, 3)])))
  );
}

/** Whether a final block of one octet that is appended adds that octet. */
function endsWithBlock(data: Buffer, dictionary: Buffer): boolean {
  const content = inflated(data, dictionary, constants.Z_SYNC_FLUSH);
  const ended = inflated(Buffer.concat([data, FINAL]), dictionary, constants.Z_FINISH);
  return content !== undefined && ended?.equals(Buffer.concat([content, FINAL.subarray(-1)])) === true;
}

function inflated(data: Buffer, dictionary: Buffer, finishFlush: number): Buffer | undefined {
  try {
    return inflateRawSync(data, { finishFlush, ...(dictionary.length > 0 ? { dictionary } : {}) });
  } catch {
    return undefined;
  }
}

interface Message {
  /** Undefined of one that is not compressed. */
  readonly payload: Buffer | undefined;
  readonly isComplete: boolean;
}

/** The last of them may not be complete, and its last frame may be announced only. */
function messagesOf(bytes: Buffer): Message[] {
  const messages: Message[] = [];
  let parts: Buffer[] | undefined;
  const { frames, rest } = readFrames(bytes);
  for (const { fin, rsv, opcode, payload } of frames) {
    if (opcode >= OP.close) continue;
    if (opcode !== OP.continuation) parts = rsv === 4 ? [] : undefined;
    parts?.push(payload);
    if (!fin) continue;
    messages.push({ payload: parts === undefined ? undefined : Buffer.concat(parts), isComplete: true });
    parts = undefined;
  }
  const isCompressed = parts !== undefined || (rest.length > 0 && (rest[0]! & 0x40) !== 0);
  if (!isCompressed) return messages;
  const coming = Buffer.alloc(Math.min(announced(rest), LIMITS.message + 1));
  return [...messages, { payload: Buffer.concat([...(parts ?? []), coming]), isComplete: false }];
}

/** The length in the head of a frame that is not complete. */
function announced(rest: Buffer): number {
  if (rest.length < 2) return 0;
  const short = rest[1]! & 0x7f;
  if (short < 126) return short;
  if (short === 126) return rest.length < 4 ? 0 : rest.readUInt16BE(2);
  return rest.length < 10 ? 0 : Number(rest.readBigUInt64BE(2));
}
