/** Exit codes: 0 done, 1 it failed, 2 wrongly called, 3 the service can't be reached, 4 the token is refused. */
export const EXIT = { failed: 1, usage: 2, unreachable: 3, refused: 4 } as const;

/** A failure with a message for people, which says what to do. Printed without a stack. */
export class CommandFailure extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CommandFailure';
    this.exitCode = exitCode;
  }
}

export const usageFailure = (message: string): CommandFailure => new CommandFailure(message, EXIT.usage);

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
