/**
 * Bytes of a wire in words: HTTP/1.1 and other text line by line, HTTP/2 frame by frame, other bytes in hex. One decoder prints one side of
 * one connection, in order: a field block depends on those before it, and a frame may come in two letters.
 */
import { areFrames, describeFrame, H2FrameReader } from './h2-frame-reader.js';
import { type Line, shortened, type Teller, type Telling, visible } from './value-printer.js';

/** Characters of a value in a legend. */
const SHORT = 72;
/** Controls, but for tab and the line ends. */
const UNPRINTABLE = /(?![\t\r\n])\p{Cc}/u;
const HEAD_END = '\r\n\r\n';
const START_LINE = /^(?:HTTP\/1\.[01] \d{3}|[A-Z]+ \S+ HTTP\/1\.[01]\r\n)/;

/** Prints the bytes of one side of one connection. */
export class ByteTeller implements Teller<Uint8Array> {
  private frames: H2FrameReader | undefined = undefined;

  tell(bytes: Uint8Array): Telling {
    if (this.frames !== undefined || areFrames(bytes)) return this.tellFrames(bytes);
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const head = START_LINE.test(buffer.toString('latin1', 0, 512)) ? buffer.indexOf(HEAD_END) : -1;
    if (head >= 0) {
      const content = buffer.subarray(head + HEAD_END.length);
      const startLine = buffer.toString('latin1', 0, buffer.indexOf('\r\n'));
      const behind = content.length > 0 ? this.tell(content).lines : [];
      const short = `${visible(startLine)} ... (${count(bytes.length)})`;
      return { lines: [...textLines(buffer.toString('latin1', 0, head + HEAD_END.length)), ...behind], short };
    }
    const text = textOf(buffer);
    if (text === undefined) return { lines: hexLines(buffer), short: shortened(hex(buffer.subarray(0, 16)), SHORT) };
    return { lines: textLines(text), short: text === '' ? '(no bytes)' : shortened(`"${visible(text)}"`, SHORT) };
  }

  private tellFrames(bytes: Uint8Array): Telling {
    const reader = (this.frames ??= new H2FrameReader());
    const lines = reader.read(bytes).map((frame) => ({ text: describeFrame(frame) }));
    if (reader.incomplete > 0) lines.push({ text: `(${count(reader.incomplete)} of a frame that is not complete)` });
    return { lines, short: shortened(lines.map(({ text }) => text).join('; '), SHORT) };
  }
}

/** The first difference of two values, in words. */
export function differenceOf(expected: Uint8Array, actual: Uint8Array): string {
  let same = 0;
  while (same < expected.length && same < actual.length && expected[same] === actual[same]) same++;
  const at = `the first difference is byte ${same + 1}`;
  if (same === expected.length) return `${at}: ${count(expected.length)} expected, ${actual.length} came`;
  if (same === actual.length) return `${at}: ${count(expected.length)} expected, only ${actual.length} came`;
  const lengths =
    expected.length === actual.length
      ? `of ${expected.length}`
      : `(${count(expected.length)} expected, ${actual.length} came)`;
  return `${at} ${lengths}: ${byte(expected[same]!)} expected, ${byte(actual[same]!)} came`;
}

/** `1 byte`, `2 bytes`. */
export function count(bytes: number): string {
  return bytes === 1 ? '1 byte' : `${bytes} bytes`;
}

function byte(value: number): string {
  const name = value >= 0x20 && value < 0x7f ? `"${String.fromCharCode(value)}" ` : '';
  return `${name}0x${value.toString(16).padStart(2, '0')}`;
}

/** Bytes as text: UTF-8, or for the most part ASCII. */
function textOf(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  if (!text.includes('\ufffd') && !UNPRINTABLE.test(text)) return text;
  const seen = bytes.reduce((sum, each) => sum + (each >= 0x20 && each < 0x7f ? 1 : 0), 0);
  return seen * 10 >= bytes.length * 9 ? bytes.toString('latin1') : undefined;
}

/** Text by its lines, with any line ends. A piece that ends within a line has no end there. */
function textLines(text: string): Line[] {
  const lines: Line[] = [];
  for (const [whole, end = ''] of text.matchAll(/[^\n]*?(\r?\n)|[^\n]+$/g)) {
    lines.push({ text: visible(end === '' ? whole : whole.slice(0, -end.length)), end: visible(end) });
  }
  return lines.length > 0 ? lines : [{ text: '(no bytes)' }];
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (each) => each.toString(16).padStart(2, '0')).join(' ');
}

function hexLines(bytes: Buffer): Line[] {
  const lines: Line[] = [];
  for (let from = 0; from < bytes.length; from += 16) {
    const part = bytes.subarray(from, from + 16);
    const seen = part.toString('latin1').replace(/[^ -~]/g, '.');
    lines.push({ text: `${from.toString(16).padStart(4, '0')}  ${hex(part).padEnd(47)}  ${seen}` });
  }
  return lines;
}
