import { Output } from '../bytes.js';
import { OutputQueue } from './output-queue.js';

describe('bytes that wait to be pulled', () => {
  it('are few pieces, however small the parts are that they came in', () => {
    const outbox = new OutputQueue();
    const output = new Output();
    const all = Buffer.from(Uint8Array.from({ length: 1024 }, (_, index) => index % 256));
    for (let at = 0; at < all.length; at++) {
      outbox.latin1('1\r\n');
      outbox.part(all.subarray(at, at + 1));
      outbox.latin1('\r\n');
    }
    expect(outbox.size).toBe(6 * all.length);
    outbox.moveTo(output);
    expect(output.pieces).toHaveLength(1);
    const bytes = Buffer.from(output.toBytes());
    expect(bytes.filter((_, index) => index % 6 === 3)).toEqual(all);
  });

  it('are those that came where a part is large', () => {
    const outbox = new OutputQueue();
    const output = new Output();
    const large = Buffer.alloc(1024, 'x');
    outbox.latin1('400\r\n');
    outbox.part(large);
    outbox.moveTo(output);
    expect(output.pieces[1]).toBe(large);
  });

  it('are dropped with the message that they are part of, small parts and all', () => {
    const outbox = new OutputQueue();
    const output = new Output();
    outbox.latin1('whole');
    outbox.beginMessage();
    outbox.part(Buffer.from('a'));
    outbox.part(Buffer.from('b'));
    outbox.dropMessage();
    outbox.moveTo(output);
    expect([outbox.size, output.pieces]).toEqual([0, ['whole']]);
  });
});
