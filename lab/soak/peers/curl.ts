/** curl, a process a request. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { digestStream, slowPiecesOf } from '../content.js';
import type { Errand, Order, Peer, Reply } from '../order.js';

export class Curl implements Peer {
  readonly name = 'curl';
  readonly schemes = ['http', 'https'] as const;

  /** A command line is bounded. */
  takes({ manner, wanted }: Order): boolean {
    return manner === undefined && (wanted === 'broken' || wanted.status < 414);
  }

  async ask({ order, url, signal, reached }: Errand): Promise<Reply> {
    const { method, headers, content } = order;
    const what = method === 'HEAD' ? ['--head', '--output', '/dev/null'] : ['--request', method, '--output', '-'];
    const fields = Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
    const sent = content === undefined ? [] : ['--upload-file', '-'];
    // The head is reported after the content, on another stream.
    const options = ['--silent', '--show-error', '--insecure', '--no-buffer', '--write-out', '%{stderr}%{http_code}'];
    const child = spawn('curl', [...options, ...what, ...fields, ...sent, url.href], { signal, killSignal: 'SIGKILL' });
    const closed = once(child, 'close') as Promise<[code: number | null]>;
    closed.catch(() => undefined);
    child.stdin.on('error', () => undefined);
    if (content === undefined) child.stdin.end();
    else Readable.from(slowPiecesOf(content), { objectMode: false }).pipe(child.stdin);
    let told = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text));
    reached('sent');
    let begun = false;
    const digest = await digestStream(child.stdout, order.rest, () => {
      if (!begun) reached('head');
      begun = true;
      reached('content');
    });
    const [code] = await closed;
    // 7: "Failed to connect to host".
    if (code === 7) throw Object.assign(new Error(told), { code: 'ECONNREFUSED' });
    if (code !== 0) throw new Error(`curl ended with ${code ?? 'a signal'}: ${told}`);
    return { status: Number(told.slice(-3)), digest };
  }

  close(): void {
    // Nothing is kept.
  }
}
