/**
 * The picture of `docs/backpressure.md`: how many bytes wait between a writer and slow work, with a stage of RxJS as it is and with one
 * that keeps demand. Counted, in virtual time: every run gives the same picture.
 */
import { concatMap, map, type Observable, type OperatorFunction, timer, VirtualTimeScheduler } from 'rxjs';
import { Body, consume } from 'rxpaf';

/** Bytes that are written, in pieces of CHUNK. */
export const TOTAL = 2_000_000;
export const CHUNK = 16_000;

/** Ms that the work takes for a chunk. */
const WORK = 2;

/** Bytes that were written and not yet worked on, `waiting[t]` at the end of ms `t`. */
export interface Waiting {
  readonly waiting: readonly number[];
  readonly peak: number;
}

type Work = (chunk: Uint8Array) => Observable<Uint8Array>;

/** The two stages of the picture. */
export const STAGES = {
  concatMap: (work: Work): OperatorFunction<Uint8Array, Uint8Array> => concatMap(work),
  consume: (work: Work): OperatorFunction<Uint8Array, Uint8Array> => consume(work),
};

/** Sends all through `stage`, from a writer that waits when it is asked to. */
export function waitingIn(stage: (work: Work) => OperatorFunction<Uint8Array, Uint8Array>): Waiting {
  const clock = new VirtualTimeScheduler();
  const body = new Body();
  const waiting: number[] = [];
  let written = 0;
  let done = 0;
  let peak = 0;
  const settle = (): void => void (waiting[clock.frame] = written - done);
  body.pipe(stage((chunk) => timer(WORK, clock).pipe(map(() => chunk)))).subscribe((chunk) => {
    done += chunk.length;
    settle();
  });
  const write = (): void => {
    while (written < TOTAL && body.ready) {
      written += CHUNK;
      peak = Math.max(peak, written - done);
      body.next(new Uint8Array(CHUNK));
    }
    settle();
  };
  body.drained.subscribe(write);
  clock.flush();
  // Between two happenings nothing changes.
  for (let at = 0; at < waiting.length; at++) waiting[at] ??= waiting[at - 1]!;
  return { waiting, peak };
}

/** Where the plot is: px. */
const LEFT = 70;
const TOP = 56;
const WIDTH = 560;
const HEIGHT = 240;

/** The picture, as SVG. */
export function draw(stock: Waiting, lease: Waiting): string {
  const end = Math.max(stock.waiting.length, lease.waiting.length);
  const x = (at: number): number => tenths(LEFT + (at / end) * WIDTH);
  const y = (bytes: number): number => tenths(TOP + HEIGHT - (bytes / TOTAL) * HEIGHT);
  const path = ({ waiting }: Waiting): string => {
    let d = `M${x(0)} ${y(waiting[0]!)}`;
    waiting.forEach((bytes, at) => {
      if (at > 0 && bytes !== waiting[at - 1]) d += `H${x(at)}V${y(bytes)}`;
    });
    return d;
  };
  const text = (at: string, words: string, more = ''): string => `  <text ${at}${more}>${words}</text>`;
  const rows = [0, 500_000, 1_000_000, 1_500_000, 2_000_000].flatMap((bytes) => [
    `  <line x1="${LEFT}" x2="${LEFT + WIDTH}" y1="${y(bytes)}" y2="${y(bytes)}" stroke="#ddd"/>`,
    text(`x="${LEFT - 8}" y="${y(bytes) + 4}"`, amount(bytes), ' text-anchor="end"'),
  ]);
  const columns = [0, 50, 100, 150, 200, 250].map((at) =>
    text(`x="${x(at)}" y="${TOP + HEIGHT + 20}"`, `${at} ms`, ' text-anchor="middle"'),
  );
  const title = `Bytes that wait: ${amount(stock.peak)} in concatMap, ${amount(lease.peak)} with consume`;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 660 340" width="660" role="img" font-family="sans-serif" font-size="12" fill="#333">`,
    `  <title>${title}</title>`,
    `  <rect width="660" height="340" fill="#fff"/>`,
    text(`x="${LEFT}" y="24" font-size="15"`, 'Bytes that were written and wait for slow work'),
    text(`x="${LEFT}" y="42"`, `${amount(TOTAL)} in chunks of ${amount(CHUNK)}, ${WORK} ms of work for each`),
    ...rows,
    ...columns,
    `  <path d="${path(stock)}" fill="none" stroke="#c0392b" stroke-width="2"/>`,
    `  <path d="${path(lease)}" fill="none" stroke="#1f6fb2" stroke-width="2"/>`,
    text(
      `x="${x(70)}" y="${y(1_650_000)}"`,
      `concatMap: at most ${amount(stock.peak)}`,
      ' fill="#c0392b" font-weight="bold"',
    ),
    text(
      `x="${x(70)}" y="${y(150_000)}"`,
      `consume: at most ${amount(lease.peak)}`,
      ' fill="#1f6fb2" font-weight="bold"',
    ),
    '</svg>',
  ].join('\n')}\n`;
}

function tenths(px: number): number {
  return Math.round(px * 10) / 10;
}

/** `2 MB`, `80 KB`: thousands, as the chunks are. */
export function amount(bytes: number): string {
  if (bytes === 0) return '0';
  return bytes >= 1_000_000 ? `${bytes / 1_000_000} MB` : `${bytes / 1000} KB`;
}
