import { fc } from '../../../test/kits/properties.js';
import { ProtocolError } from '../../errors.js';
import type { H2ErrorCode } from '../../errors.js';
import { failure } from '../../../test/kits/units/h2-failures.js';
import { FLAG, FRAME } from './frame.js';
import { cut, frame, framesOf, Recorder } from '../../../test/kits/units/h2-frames.js';
import { FrameReader } from './reader.js';

const anyFrame = fc
  .record({
    type: fc.oneof(fc.nat({ max: 9 }), fc.constantFrom(0x10, 0x0a, 0x20, 0xff)),
    flags: fc.nat({ max: 255 }),
    streamId: fc.nat({ max: 0x7fff_ffff }),
    payload: fc.uint8Array({ maxLength: 40 }),
  })
  .map(({ type, flags, streamId, payload }) => {
    // Padding of DATA is checked by the reader: make it lawful.
    const padded = type === FRAME.DATA && (flags & FLAG.PADDED) !== 0;
    if (padded && payload.length === 0) return frame(type, flags & ~FLAG.PADDED, streamId, payload);
    if (padded) payload[0] = payload[0]! % payload.length;
    return frame(type, flags, streamId, payload);
  });

describe('the frame reader (RFC 9113 section 4.1)', () => {
  it('reports the same frames however they were cut', () => {
    const script = fc.array(anyFrame, { maxLength: 8 });
    fc.assert(
      fc.property(script, fc.array(fc.nat(), { maxLength: 12 }), (frames, places) => {
        const bytes = Buffer.concat(frames);
        const whole = framesOf(bytes);
        expect(whole).toHaveLength(frames.length);
        expect(framesOf(...cut(bytes, places))).toEqual(whole);
        expect(framesOf(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual(whole);
      }),
    );
  });

  it('ignores the reserved bit in front of the stream', () => {
    expect(framesOf(frame(FRAME.PING, 0, 0x8000_0001, '0011223344556677'))[0]!.streamId).toBe(1);
  });

  it('takes unknown frames without their payload', () => {
    expect(framesOf(frame(0x0b, 0xff, 7, '010203'), frame(FRAME.SETTINGS, 1, 0))).toEqual([
      { type: 0x0b, flags: 0xff, streamId: 7, payload: '' },
      { type: FRAME.SETTINGS, flags: 1, streamId: 0, payload: '' },
    ]);
  });

  it('copies no payload that is whole in its chunk', () => {
    const bytes = frame(FRAME.PING, 0, 0, '0011223344556677');
    const heard: Buffer[] = [];
    const recorder = new Recorder();
    recorder.onFrame = (_type, _flags, _streamId, payload) => heard.push(payload);
    new FrameReader(recorder).receive(bytes);
    expect(heard[0]!.buffer).toBe(bytes.buffer);
  });

  it('gives on DATA as it comes, before the frame is whole', () => {
    const pieces: string[] = [];
    const recorder = new Recorder();
    recorder.onDataContent = (_streamId, chunk) => pieces.push(chunk.toString('latin1'));
    const reader = new FrameReader(recorder);
    const bytes = frame(FRAME.DATA, 0, 1, Buffer.from('abcdef'));
    reader.receive(bytes.subarray(0, 11));
    expect(pieces).toEqual(['ab']);
    expect(reader.unfinished).toBe(FRAME.DATA);
    reader.receive(bytes.subarray(11));
    expect(pieces).toEqual(['ab', 'cdef']);
    expect(reader.unfinished).toBeUndefined();
  });

  it('reads nothing more once it is stopped, even from within', () => {
    const recorder = new Recorder();
    const reader = new FrameReader(recorder);
    let heard = 0;
    recorder.onFrame = () => {
      heard++;
      reader.stop();
    };
    reader.receive(Buffer.concat([frame(FRAME.SETTINGS, 0, 0), frame(FRAME.SETTINGS, 0, 0)]));
    expect(heard).toBe(1);
  });

  it('never throws anything but a ProtocolError, whatever the octets', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 10 }), (chunks) => {
        try {
          framesOf(...chunks);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });
});

describe('frame sizes (RFC 9113 section 4.2)', () => {
  it('takes SETTINGS_MAX_FRAME_SIZE octets, and no more', () => {
    const read = (size: number) => () => {
      new FrameReader(new Recorder()).receive(frame(FRAME.DATA, 0, 1, Buffer.alloc(size)));
    };
    expect(read(16_384)).not.toThrow();
    expect(read(16_385)).toThrow(failure('FRAME_SIZE_ERROR'));
  });
});

describe('padding of DATA (RFC 9113 section 6.1)', () => {
  it('is not content, but counts', () => {
    expect(framesOf(frame(FRAME.DATA, FLAG.PADDED, 1, '02 6162 0000'))).toEqual([
      { type: 0, flags: FLAG.PADDED, streamId: 1, payload: '6162', length: 5, padding: 3 },
    ]);
  });

  it('may be all there is', () => {
    expect(framesOf(frame(FRAME.DATA, FLAG.PADDED, 1, '00'))[0]).toMatchObject({ length: 1, padding: 1, payload: '' });
    expect(framesOf(frame(FRAME.DATA, FLAG.PADDED, 1, '020000'))[0]).toMatchObject({ length: 3, padding: 3 });
  });

  it.each<[string, string, H2ErrorCode]>([
    ['as long as the payload', '01', 'PROTOCOL_ERROR'],
    ['longer than the payload', '056162', 'PROTOCOL_ERROR'],
    ['of no length at all', '', 'FRAME_SIZE_ERROR'],
  ])('%s is an error of the connection', (_, payload, reason) => {
    expect(() => framesOf(frame(FRAME.DATA, FLAG.PADDED, 1, payload))).toThrow(failure(reason));
  });
});
