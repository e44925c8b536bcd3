/** Runs `h2load`, of nghttp2, and reads its report. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Why it cannot be used; undefined if it can. */
export function h2loadMissing(): string | undefined {
  const { status } = spawnSync('h2load', ['--version'], { stdio: 'ignore' });
  return status === 0 ? undefined : 'h2load is not installed (nghttp2-client)';
}

export interface H2Load {
  readonly url: string;
  readonly connections: number;
  /** Streams at once on each. */
  readonly streams: number;
  readonly requests: number;
  /** Keep the latency of each request: it costs h2load time. */
  readonly latencies?: boolean;
}

export interface H2LoadReport {
  readonly requests: number;
  readonly seconds: number;
  /** Bytes of content that came. */
  readonly content: number;
  /** ms, ascending; empty unless they were asked for. */
  readonly latencies: readonly number[];
}

/** A directory for what one call needs; it is removed afterwards. */
async function inTemporary<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'rxpaf-bench-'));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const UNITS: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1, m: 60 };

/** What h2load printed, as numbers. @throws Error where a request failed. */
export function readReport(text: string): Omit<H2LoadReport, 'latencies'> {
  const finished = /finished in ([\d.]+)(us|ms|s|m)\b/.exec(text);
  const counts = /requests: (\d+) total, .* (\d+) succeeded, (\d+) failed/.exec(text);
  const content = /\((\d+)\) data/.exec(text);
  if (finished === null || counts === null || content === null) throw new Error(`not a report of h2load:\n${text}`);
  const [, total, succeeded] = counts;
  if (total !== succeeded) throw new Error(`${succeeded} of ${total} requests succeeded`);
  // It would fall back to HTTP/1.1 in silence.
  if (!/^Application protocol: h2c?$/m.test(text)) throw new Error('the server does not speak HTTP/2');
  const seconds = Number(finished[1]) * UNITS[finished[2]!]!;
  return { requests: Number(total), seconds, content: Number(content[1]) };
}

/** @throws Error if a request failed, or after two minutes. */
export function h2load({ url, connections, streams, requests, latencies }: H2Load): Promise<H2LoadReport> {
  return inTemporary(async (directory) => {
    const log = join(directory, 'latencies');
    const options = [
      ...['-c', `${connections}`, '-m', `${streams}`, '-n', `${requests}`],
      ...(latencies === true ? ['--log-file', log] : []),
      ...['-N', '20', url],
    ];
    const { stdout } = await run('h2load', options, { timeout: 120_000, maxBuffer: 1 << 24 });
    // Lines of: begin (µs), status, duration (µs).
    const lines = latencies === true ? readFileSync(log, 'latin1').trimEnd().split('\n') : [];
    const durations = lines.map((line) => Number(line.split('\t')[2]) / 1000).sort((a, b) => a - b);
    return { ...readReport(stdout), latencies: durations };
  });
}
