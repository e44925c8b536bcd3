/** Each frame type: a written frame is read back, and a frame that breaks its rules gets the error that the RFC names. */
import { Output } from '../../bytes.js';
import { failure } from '../../../test/kits/units/h2-failures.js';
import { parseGoaway, writeGoaway } from './goaway.js';
import { finishFieldBlock, framingBound, parseHeaders, parsePushPromise } from './headers.js';
import { FLAG, FRAME } from './frame.js';
import { framesOf } from '../../../test/kits/units/h2-frames.js';
import type { Recorded } from '../../../test/kits/units/h2-frames.js';
import { checkData, writeDataHeader } from './data.js';
import { checkPing, writePing } from './ping.js';
import { checkPriority, parsePriorityUpdate, priorityUpdateValue, writePriorityUpdate } from './priority.js';
import { parseRstStream, writeRstStream } from './rst-stream.js';
import { parseSettings, writeSettings, writeSettingsAck } from './settings.js';
import { parseWindowUpdate, writeWindowUpdate } from './window-update.js';
import { FrameWriter } from './writer.js';

function written(write: (writer: FrameWriter) => void): Recorded[] {
  const writer = new FrameWriter();
  const output = new Output();
  write(writer);
  writer.flush(output);
  return framesOf(output.toBytes());
}

function payload(hex: string): [Buffer, number, number] {
  const bytes = Buffer.from(hex.replace(/\s/g, ''), 'hex');
  return [bytes, 0, bytes.length];
}

const PROTOCOL_ERROR = failure('PROTOCOL_ERROR');
const FRAME_SIZE_ERROR = failure('FRAME_SIZE_ERROR');

describe('DATA (RFC 9113 section 6.1)', () => {
  it('is written with its content after it', () => {
    const [data] = written((writer) => {
      writeDataHeader(writer, 3, 2, true);
      writer.reference(Buffer.from('ab'));
    });
    expect(data).toMatchObject({ flags: FLAG.END_STREAM, streamId: 3, payload: '6162' });
  });

  it('is not for stream 0', () => {
    expect(() => checkData(0)).toThrow(PROTOCOL_ERROR);
  });
});

describe('HEADERS (RFC 9113 section 6.2)', () => {
  it.each([
    ['plain', 0, '8284', 0, 2],
    ['padded', FLAG.PADDED, '01 8284 00', 1, 3],
    ['with a priority', FLAG.PRIORITY, '00000003 10 8284', 5, 7],
    ['with both', FLAG.PADDED | FLAG.PRIORITY, '01 80000003 10 8284 00', 6, 8],
  ])('finds the fragment: %s', (_, flags, hex, start, end) => {
    expect(parseHeaders(flags, 1, ...payload(hex))).toMatchObject({ start, end });
  });

  it('says what the stream depends on, without the exclusive bit', () => {
    expect(parseHeaders(FLAG.PRIORITY, 1, ...payload('80000003 10')).dependency).toBe(3);
    expect(parseHeaders(0, 1, ...payload('82')).dependency).toBe(-1);
  });

  it.each([
    ['on stream 0', 0, 0, '82', PROTOCOL_ERROR],
    ['padded beyond its end', FLAG.PADDED, 1, '03 8284', PROTOCOL_ERROR],
    ['padded into its priority', FLAG.PADDED | FLAG.PRIORITY, 1, '02 00000003 10 82', PROTOCOL_ERROR],
    ['padded without a Pad Length', FLAG.PADDED, 1, '', FRAME_SIZE_ERROR],
    ['too short for its priority', FLAG.PRIORITY, 1, '00000003', FRAME_SIZE_ERROR],
  ])('is refused: %s', (_, flags, streamId, hex, error) => {
    expect(() => parseHeaders(flags, streamId, ...payload(hex))).toThrow(error);
  });
});

describe('field blocks that are longer than a frame (RFC 9113 section 6.10)', () => {
  it.each([10, 16_384, 16_385, 40_000, 49_152])('of %i octets go on in CONTINUATION', (size) => {
    const block = Buffer.from(Array.from({ length: size }, (_, index) => index % 251));
    const frames = written((writer) => {
      writer.reserve(size + framingBound(size, 16_384));
      const start = writer.position;
      writer.position += 9;
      writer.position += block.copy(writer.bytes, writer.position);
      finishFieldBlock(writer, start, FRAME.HEADERS, FLAG.END_STREAM, 5, 16_384);
      writePing(writer, false, Buffer.alloc(8));
    });
    const fragments = frames.slice(0, -1);
    expect(fragments.map((one) => one.payload).join('')).toBe(block.toString('hex'));
    expect(fragments.map((one) => one.type)).toEqual(fragments.map((_, at) => (at === 0 ? FRAME.HEADERS : 9)));
    const last = fragments.length - 1;
    expect(fragments.map((one) => one.flags)).toEqual(
      fragments.map((_, at) => (at === 0 ? FLAG.END_STREAM : 0) | (at === last ? FLAG.END_HEADERS : 0)),
    );
    expect(frames.at(-1)!.type).toBe(FRAME.PING);
  });
});

describe('PRIORITY (RFC 9113 section 6.3)', () => {
  it('is checked and ignored', () => {
    expect(() => checkPriority(1, ...payload('0000000310'))).not.toThrow();
    expect(() => checkPriority(0, ...payload('0000000310'))).toThrow(PROTOCOL_ERROR);
    expect(() => checkPriority(1, ...payload('00000003'))).toThrow(failure('FRAME_SIZE_ERROR', 'exchange'));
    expect(() => checkPriority(1, ...payload('8000000110'))).toThrow(failure('PROTOCOL_ERROR', 'exchange'));
  });
});

describe('RST_STREAM (RFC 9113 section 6.4)', () => {
  it('is read as it is written', () => {
    const [reset] = written((writer) => writeRstStream(writer, 7, 'CANCEL'));
    expect(reset).toMatchObject({ type: FRAME.RST_STREAM, streamId: 7 });
    expect(parseRstStream(7, ...payload(reset!.payload))).toBe('CANCEL');
    expect(parseRstStream(7, ...payload('ffffffff'))).toBe('INTERNAL_ERROR');
  });

  it('is refused on stream 0, or with a wrong length', () => {
    expect(() => parseRstStream(0, ...payload('00000000'))).toThrow(PROTOCOL_ERROR);
    expect(() => parseRstStream(1, ...payload('000000'))).toThrow(FRAME_SIZE_ERROR);
  });
});

describe('SETTINGS (RFC 9113 section 6.5)', () => {
  it('is read as it is written', () => {
    const [settings, ack] = written((writer) => {
      writeSettings(writer, [3, 100, 4, 0xffff_ffff]);
      writeSettingsAck(writer);
    });
    expect(parseSettings(settings!.flags, 0, ...payload(settings!.payload))).toEqual([3, 100, 4, 0xffff_ffff]);
    expect(parseSettings(ack!.flags, 0, ...payload(ack!.payload))).toBeUndefined();
  });

  it('is refused on a stream, with a broken length, or as an acknowledgement that says something', () => {
    expect(() => parseSettings(0, 1, ...payload(''))).toThrow(PROTOCOL_ERROR);
    expect(() => parseSettings(0, 0, ...payload('000300'))).toThrow(FRAME_SIZE_ERROR);
    expect(() => parseSettings(FLAG.ACK, 0, ...payload('000300000064'))).toThrow(FRAME_SIZE_ERROR);
  });
});

describe('PUSH_PROMISE (RFC 9113 section 6.6)', () => {
  it('names the promised stream before its fragment', () => {
    expect(parsePushPromise(FLAG.PADDED, 1, ...payload('01 80000004 82 00'))).toMatchObject({
      promised: 4,
      start: 5,
      end: 6,
    });
    expect(() => parsePushPromise(0, 0, ...payload('00000004'))).toThrow(PROTOCOL_ERROR);
    expect(() => parsePushPromise(0, 1, ...payload('0000'))).toThrow(FRAME_SIZE_ERROR);
    expect(() => parsePushPromise(FLAG.PADDED, 1, ...payload('09 00000004 82'))).toThrow(PROTOCOL_ERROR);
  });
});

describe('PING (RFC 9113 section 6.7)', () => {
  it('carries eight octets', () => {
    const opaque = Buffer.from('0102030405060708', 'hex');
    expect(written((writer) => writePing(writer, true, opaque))).toEqual([
      { type: FRAME.PING, flags: FLAG.ACK, streamId: 0, payload: '0102030405060708' },
    ]);
    expect(() => checkPing(1, 0, 8)).toThrow(PROTOCOL_ERROR);
    expect(() => checkPing(0, 0, 6)).toThrow(FRAME_SIZE_ERROR);
  });
});

describe('GOAWAY (RFC 9113 section 6.8)', () => {
  it('is read as it is written, with its debug data', () => {
    const [goaway] = written((writer) => writeGoaway(writer, 0x7fff_ffff, 'ENHANCE_YOUR_CALM'));
    const expected = { lastStream: 0x7fff_ffff, reason: 'ENHANCE_YOUR_CALM' };
    expect(parseGoaway(0, ...payload(goaway!.payload))).toEqual({ ...expected, debugData: '' });
    expect(parseGoaway(0, ...payload(goaway!.payload + '646562'))).toEqual({ ...expected, debugData: 'deb' });
    // As much of it as is kept.
    const long = Buffer.alloc(1000, 'x').toString('hex');
    expect(parseGoaway(0, ...payload(goaway!.payload + long)).debugData).toBe('x'.repeat(256));
    expect(() => parseGoaway(1, ...payload(goaway!.payload))).toThrow(PROTOCOL_ERROR);
    expect(() => parseGoaway(0, ...payload('00000000'))).toThrow(FRAME_SIZE_ERROR);
  });
});

describe('WINDOW_UPDATE (RFC 9113 section 6.9)', () => {
  it('is read as it is written', () => {
    const [update] = written((writer) => writeWindowUpdate(writer, 3, 0x7fff_ffff));
    expect(parseWindowUpdate(3, ...payload(update!.payload))).toBe(0x7fff_ffff);
  });

  it('of 0 is an error of its stream, or of the connection', () => {
    expect(() => parseWindowUpdate(3, ...payload('80000000'))).toThrow(failure('PROTOCOL_ERROR', 'exchange'));
    expect(() => parseWindowUpdate(0, ...payload('00000000'))).toThrow(PROTOCOL_ERROR);
    expect(() => parseWindowUpdate(3, ...payload('000001'))).toThrow(FRAME_SIZE_ERROR);
  });
});

describe('PRIORITY_UPDATE (RFC 9218 section 7.1)', () => {
  it('is read as it is written', () => {
    const [update] = written((writer) => writePriorityUpdate(writer, 5, 'u=1, i'));
    const bytes = payload(update!.payload);
    expect(parsePriorityUpdate(0, ...bytes)).toBe(5);
    expect(priorityUpdateValue(...bytes)).toBe('u=1, i');
    expect(() => parsePriorityUpdate(1, ...bytes)).toThrow(PROTOCOL_ERROR);
    expect(() => parsePriorityUpdate(0, ...payload('000000'))).toThrow(FRAME_SIZE_ERROR);
    expect(() => parsePriorityUpdate(0, ...payload('00000000'))).toThrow(PROTOCOL_ERROR);
  });
});

describe('the frame writer', () => {
  it('keeps the frames of many writers apart, in order, in one slab', () => {
    const writers = [new FrameWriter(), new FrameWriter(), new FrameWriter()];
    const outputs = writers.map(() => new Output());
    for (let turn = 0; turn < 6_000; turn++) {
      const writer = writers[turn % 3]!;
      writeWindowUpdate(writer, turn % 3, turn + 1);
      if (turn % 7 === 0) writer.flush(outputs[turn % 3]!);
    }
    writers.forEach((writer, index) => {
      const { size } = writer;
      const output = outputs[index]!;
      const before = output.size;
      writer.flush(output);
      expect(output.size - before).toBe(size);
      expect(writer.size).toBe(0);
      const frames = framesOf(output.toBytes());
      expect(frames.map((one) => parseInt(one.payload, 16))).toEqual(
        Array.from({ length: 2000 }, (_, at) => at * 3 + index + 1),
      );
    });
  });

  it('gives a whole turn as one piece', () => {
    const writer = new FrameWriter();
    const output = new Output();
    for (let index = 0; index < 50; index++) writeRstStream(writer, index + 1, 'NO_ERROR');
    writer.flush(output);
    expect(output.pieces).toHaveLength(1);
  });
});
