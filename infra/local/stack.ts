import { LocalStack } from './stack/local-stack.ts';
import type { StackOptions } from './stack/options.ts';
import type { RunInfo } from './stack/run-file.ts';

export type { ProcessChange, ProcessState } from './stack/managed-process.ts';
export type { Progress, StackOptions } from './stack/options.ts';
export type { RunInfo } from './stack/run-file.ts';
export { SERVICE_NAMES, SIMULATOR } from './stack/services.ts';
export type { ServiceName, StartableName } from './stack/services.ts';

/**
 * A whole running system. Process names: the services (gateway, order-command, reconciler, sync-worker, "reconciler-2" …),
 * venue-simulator, and the own servers postgres and redis.
 */
export interface Stack {
  /** What run.json says now. */
  readonly info: RunInfo;
  readonly home: string;
  /** Orderly: gateway, other services, simulator, Redis and PostgreSQL. Frees the home. Safe to call twice. */
  stop(): Promise<void>;
  /** No grace for anyone: as close to a power cut as processes can come. Frees the home. */
  stopHard(): Promise<void>;
  /**
   * Ends a process as an accident does. The runner brings it back by itself, unless `stayDown`: then `up` does.
   * Resolves when the process is gone.
   */
  kill(name: string, options?: { readonly signal?: NodeJS.Signals; readonly stayDown?: boolean }): Promise<void>;
  /** Graceful stop of one process; it stays down until `up`. */
  down(name: string): Promise<void>;
  /** Starts a process that is down. Resolves when ready. */
  up(name: string): Promise<void>;
  /** `down`, then `up`. */
  restart(name: string): Promise<void>;
  /** Resolves at the process's readiness: now, or after its restart. */
  whenReady(name: string): Promise<void>;
  /** The last lines of a process's log, for messages. */
  logTail(name: string, lines?: number): readonly string[];
}

/**
 * Starts the whole system in `home` and resolves when every part is ready and run.json is written. Rejects with a
 * Failure (plain words, exit code) and leaves nothing running when a part can't be started.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const stack = new LocalStack(options);
  await stack.start();
  return stack;
}
