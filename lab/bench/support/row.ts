/** What a benchmark is made of: rows, each with contestants that do the same work in turn. */

/** How large a run is. */
export interface Sizes {
  /** Rounds of each contestant, interleaved: A B C, A B C. */
  readonly rounds: number;
  /** Seconds of one round, of the rows that run for a time. */
  readonly seconds: number;
  /** Bytes of one round, of the rows that move a body. */
  readonly bytes: number;
  /** Connections of the rows that hold idle ones. */
  readonly idle: number;
}

/** What one round of one contestant came to. */
export interface Sample {
  /** The measured quantity, in the unit of the row; less is better. */
  readonly cost: number;
  /** Work a second, in the row's unit of rate. */
  readonly rate?: number;
  /** ms. */
  readonly p50?: number;
  readonly p99?: number;
  /** Bytes of memory of the measured process, at the end of the round. */
  readonly rss: number;
  /** Share of the time that the measured process had a core: near 1, it was the bottleneck. */
  readonly busy?: number;
}

/** A contestant that has been started. */
export interface Runner {
  /** One round. The first one, which warms up, is not counted. */
  round(warmUp: boolean): Promise<Sample>;
  stop(): Promise<void>;
}

export interface Contestant {
  readonly name: string;
  readonly start: (sizes: Sizes) => Promise<Runner>;
}

/** What the project asks of itself. */
export interface Asked {
  /** The contestant that must be cheaper, */
  readonly of: string;
  /** than this one, */
  readonly against: string;
  /** by this ratio of cost, at most. Undefined: the ratio is reported, and has no limit. */
  readonly ratio: number | undefined;
}

/** A row that is a point of a curve: the same work, of more. */
export interface Curve {
  readonly name: string;
  /** What there are ever more of. */
  readonly of: string;
  /** How many, here. */
  readonly at: number;
}

export interface Row {
  readonly name: string;
  /** The work, in a few words. */
  readonly work: string;
  readonly curve?: Curve;
  readonly costUnit: string;
  readonly rateUnit?: string;
  readonly asked: Asked;
  readonly contestants: readonly Contestant[];
  /** Why it cannot be run here; undefined if it can. */
  readonly missing?: () => string | undefined;
}
