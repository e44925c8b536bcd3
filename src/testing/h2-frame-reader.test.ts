import { response, text } from '../index.js';
import { DiagramMismatch, httpTest } from './index.js';

/** What a failing test says. */
function messageOf(test: Parameters<typeof httpTest>[0]): string {
  try {
    httpTest(test);
  } catch (error) {
    expect(error).toBeInstanceOf(DiagramMismatch);
    return (error as Error).message;
  }
  throw new Error('the test did not fail');
}

describe('frames that were written', () => {
  it('are a line each, what every connection begins with left out', () =>
    httpTest(({ flow, serve, h2, expectFrames }) => {
      const client = flow('-(sa)--|', { s: h2.start(), a: h2.get(1, '/') });
      serve(client, () => text('ok'), { alpn: 'h2' });
      expectFrames(client).toBe('-(hd)--|', { h: 'HEADERS 1 200', d: 'DATA 1 "ok" END_STREAM' });
    }));

  it('have their beginning where it is asked for', () =>
    httpTest(({ flow, serve, h2, expectFrames }) => {
      const client = flow('-----a-|', { a: h2.start() });
      serve(client, () => text('ok'), { alpn: 'h2', limits: { connectionWindow: 70_000 } });
      expectFrames(client, { beginning: true }).toBe('(sw)-a-|', {
        s: { type: 'SETTINGS' },
        w: 'WINDOW_UPDATE 0 4465',
        a: 'SETTINGS ACK',
      });
    }));

  it('show all their fields, in the third response as in the first: the dynamic table is kept', () =>
    httpTest(({ flow, serve, h2, expectFrames }) => {
      const client = flow('(sa)b-c|', { s: h2.start(), a: h2.get(1, '/'), b: h2.get(3, '/'), c: h2.get(5, '/') });
      serve(client, () => response(200, { server: 'test', date: 'today' }));
      const fields = { ':status': '200', server: 'test', 'content-length': '0', date: 'today' };
      expectFrames(client).toBe('a---b-c|', {
        a: { stream: 1, fields, endStream: true },
        b: { stream: 3, fields, endStream: true },
        c: { stream: 5, fields, endStream: true },
      });
    }));

  it('are printed with all their contents if they differ', () => {
    const message = messageOf(({ flow, serve, h2, expectFrames }) => {
      const client = flow('(sa)|', { s: h2.start(), a: h2.get(1, '/') });
      serve(client, () => text('ok'));
      expectFrames(client).toBe('(hd|)', { h: 'HEADERS 1 404', d: 'DATA 1 "ok" END_STREAM' });
    });
    expect(message).toMatch(/^frames of flow 1: h was expected at 0 ms, but A came\n/);
    expect(message).toContain('    - HEADERS 1 404\n    + HEADERS 1 200\n');
    expect(message).toMatch(/\n {4}A has \{ length: \d+, fields: \{":status":"200","content-type":"text/);
  });
});

describe('the builders', () => {
  it('split content into frames, and pad them', () =>
    httpTest(({ flow, serve, h2, probe, expectBody }) => {
      const upload = probe();
      const content = Buffer.alloc(16_385, 'x');
      const client = flow('(sab)|', {
        s: h2.start(),
        a: h2.post(1, '/', content),
        b: [h2.requestHead(3, 'POST', '/'), h2.data(3, 'padded', { end: true, padding: 9 })],
      });
      serve(client, ({ body }) => {
        body.pipe(upload).subscribe();
        return text('ok');
      });
      expectBody(upload).toBe('(ab|c|)', { a: content.subarray(1), b: 'x', c: 'padded' });
    }));
});
