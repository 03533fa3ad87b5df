import { pino } from 'pino';
import type { Bindings, ChildLoggerOptions, DestinationStream, Logger as PinoLogger, LevelWithSilent } from 'pino';
import { scopeFields } from './log-scope.ts';
import { redactText, redactValue } from './redaction.ts';

export type Logger = PinoLogger;

export interface LoggerOptions {
  readonly service: string;
  readonly level: LevelWithSilent;
  /** Default: standard output. */
  readonly destination?: DestinationStream;
}

const safeFields = (fields: object): Record<string, unknown> => {
  const safe = redactValue(fields);
  return typeof safe === 'object' && safe !== null ? (safe as Record<string, unknown>) : {};
};

/**
 * One JSON line per entry on standard output. Every field, message and child binding passes the redaction, so a call
 * site can't leak a secret by logging a whole object. Child loggers: `log.child({ orderId })`. Ids of the work under way
 * (`withLogScope`) and of its trace are added by themselves; what the call site gives goes before them.
 */
export function createLogger({ service, level, destination }: LoggerOptions): Logger {
  const options = {
    level,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    mixin: scopeFields,
    serializers: { err: (error: unknown) => error, error: (error: unknown) => error },
    formatters: {
      level: (label: string) => ({ level: label }),
      log: safeFields,
    },
    hooks: {
      logMethod(this: PinoLogger, args: Parameters<pino.LogFn>, method: pino.LogFn) {
        const safe = args.map((argument: unknown) => {
          if (typeof argument === 'string') return redactText(argument);
          return argument instanceof Error ? { err: argument, msg: redactText(argument.message) } : argument;
        });
        method.apply(this, safe as Parameters<pino.LogFn>);
      },
    },
  };
  return redactChildren(destination === undefined ? pino(options) : pino(options, destination));
}

/** pino has no hook for the bindings of children; they inherit this method, so that it covers children of children. */
function redactChildren(log: Logger): Logger {
  type Child = (this: Logger, bindings: Bindings, options?: ChildLoggerOptions) => Logger;
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the logger it is called on
  const original = log.child as unknown as Child;
  log.child = function child(this: Logger, bindings: Bindings, options?: ChildLoggerOptions) {
    return original.call(this, safeFields(bindings), options);
  } as unknown as typeof log.child;
  return log;
}
