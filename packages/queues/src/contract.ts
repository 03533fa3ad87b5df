import type { z } from 'zod';

/**
 * One queue as both sides see it: name, schema and limits in one exported value. Parsed on enqueue and on dequeue, so
 * that a malformed job can neither be written nor be acted on.
 */
export interface QueueContract<Data, Result> {
  readonly name: string;
  readonly data: z.ZodType<Data>;
  readonly result: z.ZodType<Result>;
  /** Jobs waiting beyond this number: producers refuse instead of filling Redis. */
  readonly maxWaiting: number;
  /** A worker that has not renewed its lock for this long is taken for dead, ms. */
  readonly lockMs: number;
}

/** Queue prefix in braces: all keys of a queue fall into one Redis Cluster slot. */
export const QUEUE_PREFIX = '{orderplane}';

export class QueueFullError extends Error {
  readonly queue: string;
  constructor(queue: string, waiting: number) {
    super(`queue ${queue} holds ${waiting} waiting jobs: nothing was accepted, try again later`);
    this.name = 'QueueFullError';
    this.queue = queue;
  }
}
/** The queue could not be reached, or did not answer in time. */
export class QueueUnavailableError extends Error {
  /** True: nothing was sent to it, so that the job surely was not accepted. Else that is unknown. */
  readonly isNotAdded: boolean;
  constructor(queue: string, cause: unknown, isNotAdded = false) {
    super(`queue ${queue} is not reachable`, { cause });
    this.name = 'QueueUnavailableError';
    this.isNotAdded = isNotAdded;
  }
}

const NOT_ACCEPTED = 'not accepted: ';
/**
 * Thrown by whoever handles a job that surely had no effect, for a reason that will pass. The class is lost on the way to
 * who waits for the result, the first words are not.
 */
export class NotAcceptedError extends Error {
  /** What it is to whom it concerns. */
  readonly reason: string;
  constructor(reason: string, cause?: unknown) {
    super(`${NOT_ACCEPTED}${reason}`, { cause });
    this.name = 'NotAcceptedError';
    this.reason = reason;
  }

  /** From what came of a job; null: the error says something else. */
  static from(error: unknown): NotAcceptedError | null {
    if (error instanceof NotAcceptedError) return error;
    if (!(error instanceof Error) || !error.message.startsWith(NOT_ACCEPTED)) return null;
    return new NotAcceptedError(error.message.slice(NOT_ACCEPTED.length), error);
  }
}
/** The job was accepted, its result did not come within the time given. */
export class ResultTimeoutError extends Error {
  constructor(queue: string, timeoutMs: number) {
    super(`no result from ${queue} within ${timeoutMs} ms`);
    this.name = 'ResultTimeoutError';
  }
}
