/** Rows: the events on one line of a diagram, recorded with their frames. */

/** One thing that happened: a value (`mark` undefined), or one of `|#!^`. */
export interface Happening<A> {
  readonly frame: number;
  readonly mark: string | undefined;
  readonly value: A | undefined;
}

/** A recording. */
export interface Recording<A> {
  readonly happenings: readonly Happening<A>[];
}

/** Records the events on one line. */
export class Row<A> implements Recording<A> {
  readonly happenings: Happening<A>[] = [];

  constructor(private readonly clock: { now(): number }) {}

  value(value: A): void {
    this.happenings.push({ frame: this.clock.now(), mark: undefined, value });
  }

  mark(mark: string, value?: A): void {
    this.happenings.push({ frame: this.clock.now(), mark, value });
  }
}

/** `recording` with the values of one frame that follow each other joined. It is joined when it is looked at. */
export function joined<A>(recording: Recording<A>, join: (values: readonly A[]) => A): Recording<A> {
  return {
    get happenings() {
      const runs: { frame: number; mark: string | undefined; values: A[] }[] = [];
      for (const { frame, mark, value } of recording.happenings) {
        const last = runs.at(-1);
        if (last !== undefined && mark === undefined && last.mark === undefined && last.frame === frame) {
          last.values.push(value!);
        } else runs.push({ frame, mark, values: value === undefined ? [] : [value] });
      }
      return runs.map(({ frame, mark, values }) => ({
        frame,
        mark,
        value: values.length > 1 ? join(values) : values[0],
      }));
    },
  };
}

/** Sums: of credit. */
export function sum(values: readonly number[]): number {
  return values.reduce((before, more) => before + more, 0);
}
