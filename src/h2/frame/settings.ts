/** SETTINGS (RFC 9113 section 6.5): the frame. ../settings.ts has the meaning of the settings. */
import { connectionError } from '../errors.js';
import { FLAG, FRAME, readUint32, writeUint32 } from './frame.js';
import type { FrameWriter } from './writer.js';

/** A setting and its value, in turn. */
export type SettingList = readonly number[];

/** The settings in a payload, in the order in which they are to be applied; undefined for an acknowledgement. */
export function parseSettings(
  flags: number,
  streamId: number,
  bytes: Uint8Array,
  start: number,
  end: number,
): SettingList | undefined {
  if (streamId !== 0) throw connectionError('PROTOCOL_ERROR', 'SETTINGS on a stream');
  if ((flags & FLAG.ACK) !== 0) {
    if (end > start) throw connectionError('FRAME_SIZE_ERROR', 'an acknowledgement of SETTINGS with a payload');
    return undefined;
  }
  if ((end - start) % 6 !== 0) throw connectionError('FRAME_SIZE_ERROR', `SETTINGS of ${end - start} octets`);
  const list: number[] = [];
  for (let at = start; at < end; at += 6) list.push((bytes[at]! << 8) | bytes[at + 1]!, readUint32(bytes, at + 2));
  return list;
}

export function writeSettings(writer: FrameWriter, list: SettingList): void {
  writer.header(list.length * 3, FRAME.SETTINGS, 0, 0);
  for (let index = 0; index < list.length; index += 2) {
    writer.bytes[writer.position++] = list[index]! >>> 8;
    writer.bytes[writer.position++] = list[index]!;
    writeUint32(writer, list[index + 1]!);
  }
}

export function writeSettingsAck(writer: FrameWriter): void {
  writer.header(0, FRAME.SETTINGS, FLAG.ACK, 0);
}
