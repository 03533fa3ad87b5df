import { AsyncLocalStorage } from 'node:async_hooks';
import { currentTraceId } from './tracing/index.ts';

/** Whose work a log line is about: added to every line that is logged meanwhile, wherever. */
export interface LogScope {
  readonly requestId?: string;
  readonly commandId?: string;
  readonly orderId?: string;
  readonly accountId?: string;
  readonly exchange?: string;
}

const scopes = new AsyncLocalStorage<LogScope>();

/** Runs `work` with these ids, beside those that hold already, on every line that it logs. */
export const withLogScope = <T>(scope: LogScope, work: () => T): T =>
  scopes.run({ ...scopes.getStore(), ...scope }, work);

/** A new object each time, for the logger writes into it. */
export function scopeFields(): Record<string, unknown> {
  const traceId = currentTraceId();
  return traceId === null ? { ...scopes.getStore() } : { ...scopes.getStore(), traceId };
}
