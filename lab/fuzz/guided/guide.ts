/**
 * The loop: an input of the corpus is changed and executed, and is kept if it reached something new. The loop depends only on the seed, the
 * corpus and the code under test. Time decides only when it ends.
 */
import { Random } from '../random.js';
import { Buckets } from './buckets.js';
import type { Feature } from './buckets.js';
import { Corpus } from './corpus.js';
import { clear, TooMuchWork } from './counters.js';
import { mutate } from './mutate.js';
import { Broken } from './subject.js';
import type { Subject } from './subject.js';

export interface GuideOptions {
  readonly seed: number;
  /** Executions, of changed inputs. */
  readonly cases: number;
  /** Seconds after which no other is begun. */
  readonly seconds: number;
  /** Where the corpus is kept; undefined: nowhere. */
  readonly directory: string | undefined;
  /** Counters in use. */
  readonly counters: number;
  /** False: only the seeds are kept, for comparison. */
  readonly guided: boolean;
}

export interface Found {
  readonly what: string;
  readonly input: Buffer;
  readonly detail: unknown;
  /** How many inputs have shown it. */
  count: number;
}

export interface GuideReport {
  executions: number;
  readonly corpus: Corpus;
  readonly buckets: Buckets;
  readonly findings: Map<string, Found>;
}

/** Inputs made of one entry in a row. */
const ROW = 16;
/** Executions that may be spent on making an entry shorter. */
const TRIMS = 48;

export function guide(
  subject: Subject,
  options: GuideOptions,
  tell: (finding: Found) => void = () => undefined,
): GuideReport {
  const { counters, directory } = options;
  const buckets = new Buckets(counters);
  const report: GuideReport = {
    executions: 0,
    corpus: new Corpus(buckets, directory),
    buckets,
    findings: new Map(),
  };
  const { corpus, findings } = report;

  const judge = (input: Buffer): Feature[] => {
    const { fresh, finding: bare } = execute(subject, buckets, input);
    if (bare === undefined) return fresh;
    const finding = withStacks(subject, buckets, input).finding ?? bare;
    const known = findings.get(finding.what);
    if (known !== undefined) known.count++;
    else {
      findings.set(finding.what, finding);
      tell(finding);
    }
    // An input with a fault is not built upon: the fault would be found again and again.
    return [];
  };

  for (const input of [...Corpus.load(directory), ...subject.seeds]) {
    const fresh = judge(input);
    if (fresh.length > 0 || corpus.entries.length === 0) corpus.add(input, fresh);
  }
  corpus.prune();

  const random = new Random(options.seed);
  const deadline = performance.now() + options.seconds * 1000;
  while (report.executions < options.cases && performance.now() < deadline) {
    const { bytes } = corpus.pick(random);
    const end = Math.min(options.cases, report.executions + ROW);
    for (; report.executions < end; report.executions++) {
      const material = { tokens: subject.tokens, other: random.pick(corpus.entries).bytes, longest: subject.longest };
      const input = mutate(random, bytes, material);
      const fresh = judge(input);
      if (fresh.length > 0 && options.guided) corpus.add(trim(subject, buckets, input, fresh), fresh);
    }
  }
  return report;
}

interface Execution {
  readonly fresh: Feature[];
  readonly finding: Found | undefined;
}

/** Runs `input` in one piece, then in others. Counters that only the cuts reach are marked as reached, without a count. */
function execute(subject: Subject, buckets: Buckets, input: Buffer): Execution {
  clear(buckets.size);
  const fresh: Feature[] = [];
  try {
    const outcome = subject.run(input);
    fresh.push(...buckets.take('how often'));
    if (subject.again !== undefined) {
      clear(buckets.size);
      subject.again(input, outcome);
      fresh.push(...buckets.take('only reached'));
    }
  } catch (error) {
    return { fresh, finding: findingOf(error, input) };
  }
  return { fresh, finding: undefined };
}

/** `input` once more, with the stacks of errors: thousands a second are made, and where, is asked of few. */
export function withStacks(subject: Subject, buckets: Buckets, input: Buffer): Execution {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 12;
  try {
    return execute(subject, buckets, input);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function findingOf(error: unknown, input: Buffer): Found {
  if (error instanceof Broken) return { what: error.what, input, detail: error.detail, count: 1 };
  // A program throws only its own errors; the place of the throw distinguishes others.
  const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  const place = error instanceof TooMuchWork ? '' : ` ${/at (.*?) \(/.exec(stack)?.[1] ?? ''}`;
  return { what: `${name}: ${message.replace(/\d+/g, 'N')}${place}`, input, detail: stack, count: 1 };
}

/** The same, as short as a few tries make it, as long as it reaches what it was kept for. */
function trim(subject: Subject, buckets: Buckets, input: Buffer, features: readonly Feature[]): Buffer {
  let best = input;
  let tries = 0;
  const reaches = (shorter: Buffer): boolean => {
    clear(buckets.size);
    try {
      subject.run(shorter);
    } catch {
      return false;
    }
    return buckets.hasAll(features);
  };
  // Counters that only the cuts have reached do not matter here.
  if (!reaches(input)) return input;
  for (let size = best.length >> 1; size >= 1 && tries < TRIMS; size >>= 1) {
    for (let at = 0; at < best.length && tries < TRIMS;) {
      const shorter = Buffer.concat([best.subarray(0, at), best.subarray(at + size)]);
      tries++;
      if (reaches(shorter)) best = shorter;
      else at += size;
    }
  }
  return best;
}
