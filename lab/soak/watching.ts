/** What the processes of a soak hold, from its beginning to its end. */
import type { Holdings } from './support/holdings.js';
import type { Member } from './support/member.js';

/** Somebody whose holdings are looked at from the beginning to the end. */
export interface Watched {
  readonly name: string;
  /** Before the load. */
  readonly baseline: Holdings;
  /** While nothing is under way, once a round. */
  readonly samples: readonly Holdings[];
  /** After the load, when all connections are closed. */
  readonly end: Holdings;
  /** Bytes. */
  readonly peakRss: number;
}

/** A process that can be asked for it. */
export type Watchable = Pick<Member<{ readonly holdings: () => Promise<Holdings> }>, 'name' | 'ask' | 'peakRss'>;

/** Looks at what one of the processes holds. */
export class Watching {
  private readonly samples: Holdings[] = [];

  private constructor(
    private readonly member: Watchable,
    private readonly baseline: Holdings,
  ) {}

  static async begin(member: Watchable): Promise<Watching> {
    return new Watching(member, await member.ask('holdings'));
  }

  get name(): string {
    return this.member.name;
  }

  get last(): Holdings {
    return this.samples.at(-1) ?? this.baseline;
  }

  async look(): Promise<void> {
    this.samples.push(await this.member.ask('holdings'));
  }

  async end(): Promise<Watched> {
    const { name, baseline, samples, member } = this;
    return { name, baseline, samples, end: await member.ask('holdings'), peakRss: member.peakRss() };
  }
}
