import { Fields } from '../http/fields.js';
import { GET, ServerScript } from '../../test/kits/units/h2-engines.js';
import { HpackDecoder } from './hpack/decoder.js';
import { NO_LIMITS } from '../../test/kits/units/hpack.js';
import { frame, framesOf } from '../../test/kits/units/h2-frames.js';
import { FLAG, FRAME } from './frame/frame.js';
import { HpackEncoder } from './hpack/encoder.js';
import { Output } from '../bytes.js';

/** The field blocks of a server's responses. */
function blocks(script: ServerScript): Buffer[] {
  const output = new Output();
  while (script.engine.hasOutput) script.engine.pull(output, 64 * 1024);
  return framesOf(output.toBytes())
    .filter(({ type }) => type === 1)
    .map(({ payload }) => Buffer.from(payload, 'hex'));
}

describe('a field that is marked as sensitive (RFC 7541 section 7.1.3)', () => {
  const marked = Fields.from({ 'x-key': 'secret-value', vary: 'a' }).sensitive('X-Key');

  it('is never indexed, however often it is sent', () => {
    const script = new ServerScript();
    const decoder = new HpackDecoder(NO_LIMITS);
    for (const stream of [1, 3, 5, 7]) {
      script.send(script.headers(stream, GET));
      script.engine.sendMessage(stream, { status: 200, headers: marked }, '');
      const [block] = blocks(script);
      expect(decoder.decode(block!)).toEqual(expect.arrayContaining(['x-key', 'secret-value', 'vary', 'a']));
      expect([...decoder.secrets!]).toEqual(['x-key']);
    }
  });

  it('is indexed without the mark', () => {
    const script = new ServerScript();
    const decoder = new HpackDecoder(NO_LIMITS);
    script.send(script.headers(1, GET));
    script.engine.sendMessage(1, { status: 200, headers: Fields.from({ 'x-key': 'secret-value' }) }, '');
    decoder.decode(blocks(script)[0]!);
    expect(decoder.secrets).toBeUndefined();
  });

  it('has its mark where it is received', () => {
    const script = new ServerScript();
    const room = { bytes: Buffer.alloc(200), position: 0 };
    const encoder = new HpackEncoder();
    encoder.begin(room);
    for (const [name, value] of Object.entries(GET)) encoder.field(room, name, value);
    encoder.secret(room, 'x-key', 'secret');
    encoder.field(room, 'x-open', 'a');
    let secrets: unknown;
    script.log.onHead = (_stream, head) => {
      secrets = [...(head.headers.secrets ?? [])];
    };
    script.send(frame(FRAME.HEADERS, FLAG.END_STREAM | FLAG.END_HEADERS, 1, room.bytes.subarray(0, room.position)));
    expect(secrets).toEqual(['x-key']);
  });

  it('keeps its mark in changed fields', () => {
    for (const fields of [marked.with('a', 'b'), marked.without('vary'), marked.sensitive('vary')])
      expect(fields.secrets?.has('x-key')).toBe(true);
    expect(marked.toObject()).toEqual({ 'x-key': 'secret-value', vary: 'a' });
  });
});
