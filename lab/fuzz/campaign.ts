/** Runs a target: so many cases, or so long. Each finding is made as small as it can be, and is reported once. */
import { Random } from './random.js';
import { shrink } from './shrink.js';
import type { Case, Target, Verdict } from './target.js';

export interface RunOptions {
  readonly seed: number;
  /** The number of the first case. */
  readonly from: number;
  readonly cases: number;
  /** Seconds after which no other batch is begun. */
  readonly seconds: number;
  /** Whether findings are made as small as they can be. */
  readonly shrinks: boolean;
}

export interface Finding {
  readonly what: string;
  /** The number of the first case that showed it, and how many did. */
  readonly index: number;
  count: number;
  /** The smallest input found that shows it. */
  readonly smallest: Case;
  readonly verdict: Verdict;
}

export interface Report {
  readonly target: string;
  readonly seed: number;
  cases: number;
  agreed: number;
  readonly lawful: Map<string, number>;
  readonly findings: Map<string, Finding>;
}

/** Cases that are judged at once. */
const BATCH = 200;

export async function run(
  target: Target,
  options: RunOptions,
  tell: (finding: Finding) => void = () => undefined,
): Promise<Report> {
  const { seed, from } = options;
  const report: Report = { target: target.name, seed, cases: 0, agreed: 0, lawful: new Map(), findings: new Map() };
  const deadline = performance.now() + options.seconds * 1000;
  while (report.cases < options.cases && performance.now() < deadline) {
    const first = from + report.cases;
    const size = Math.min(BATCH, options.cases - report.cases);
    const cases = Array.from({ length: size }, (_, at) => target.make(new Random(seed, first + at)));
    const verdicts = await target.judge(cases);
    for (const [at, verdict] of verdicts.entries()) {
      report.cases++;
      if (verdict.kind === 'agree') report.agreed++;
      else if (verdict.kind === 'lawful') report.lawful.set(verdict.name, (report.lawful.get(verdict.name) ?? 0) + 1);
      else await found(target, options, report, cases[at]!, first + at, verdict.what, tell);
    }
  }
  return report;
}

async function found(
  target: Target,
  { shrinks }: RunOptions,
  report: Report,
  one: Case,
  index: number,
  what: string,
  tell: (finding: Finding) => void,
): Promise<void> {
  const known = report.findings.get(what);
  if (known !== undefined) {
    known.count++;
    return;
  }
  const shows = (verdict: Verdict): boolean => verdict.kind === 'finding' && verdict.what === what;
  const smallest = !shrinks ? one : await shrink(one, async (smaller) => shows((await target.judge([smaller]))[0]!));
  const [verdict] = await target.judge([smallest]);
  const finding: Finding = { what, index, count: 1, smallest, verdict: verdict! };
  report.findings.set(what, finding);
  tell(finding);
}
