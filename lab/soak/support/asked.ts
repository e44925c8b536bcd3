/** A process that takes part in the soak, from within: it responds to questions over IPC, and reports news. */

/** The function that responds to each question. */
export type Answers = Readonly<Record<string, (data: never) => unknown>>;

export interface Asked {
  readonly id: number;
  readonly question: string;
  readonly data: unknown;
}

/** A response, or news, which have no `id`. */
export interface Told {
  readonly id?: number;
  readonly answer?: unknown;
  readonly error?: string;
  readonly news?: unknown;
}

/** What the process was started with. */
export function settings(): unknown {
  return JSON.parse(process.env['SOAK_SETTINGS'] ?? '{}');
}

export function answering(answers: Answers): void {
  process.on('message', ({ id, question, data }: Asked) => {
    Promise.resolve(data)
      .then((given) => answers[question]!(given as never))
      .then(
        (answer) => tell({ id, answer }),
        (error: unknown) =>
          tell({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
      );
  });
}

export function tell(told: Told): void {
  if (process.connected) process.send?.(told);
}
