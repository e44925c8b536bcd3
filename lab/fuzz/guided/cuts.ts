/** Cuts the input of a peer into pieces, and places the other actions so that the cuts do not matter. */
import { cut } from '../h1/mutate.js';
import { Random } from '../random.js';
import type { Program, Step } from './program.js';

export type Cut = (bytes: Buffer) => readonly Buffer[];

export const inOnePiece: Cut = (bytes) => (bytes.length === 0 ? [] : [bytes]);
export const byteByByte: Cut = (bytes) => Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
export const anywhere: Cut = (bytes) => cut(new Random(bytes.length, bytes.at(-1)), bytes);

/** The same, but actions within a line are moved after it; a line that does not end is ended. */
export function betweenLines(program: Program): Program {
  const steps: Step[] = [];
  let late: Step[] = [];
  let inLine = false;
  for (const step of program.steps) {
    if (step.kind === 'act') {
      if (inLine) late.push(step);
      else steps.push(step);
      continue;
    }
    const { bytes } = step;
    const end = late.length === 0 ? 0 : bytes.indexOf('\n') + 1;
    if (end > 0) {
      steps.push({ kind: 'wire', bytes: bytes.subarray(0, end) }, ...late);
      late = [];
    }
    if (end < bytes.length) steps.push(end === 0 ? step : { kind: 'wire', bytes: bytes.subarray(end) });
    inLine = bytes.at(-1) !== 0x0a;
  }
  // Actions at the very end also come after a line.
  if (inLine) steps.push({ kind: 'wire', bytes: Buffer.from('\n') });
  steps.push(...late);
  const moved = steps.length !== program.steps.length || steps.some((step, at) => step !== program.steps[at]);
  return moved ? { ...program, steps } : program;
}
