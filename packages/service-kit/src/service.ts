import { CONFIGURATION_EXIT_CODE, ConfigurationError, LogLevelSchema } from './environment.ts';
import { createLogger } from './logger.ts';
import type { Logger } from './logger.ts';
import { createMetrics } from './metrics.ts';
import type { Metrics } from './metrics.ts';
import { watchParent } from './parent-watch.ts';
import { ShutdownStack } from './shutdown.ts';
import { startTracing } from './tracing/index.ts';

export interface ServiceContext {
  readonly name: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Register here, right after opening it, how to close each thing. */
  readonly shutdown: ShutdownStack;
  /** Aborts when the shutdown begins: loops and waits end. */
  readonly stopping: AbortSignal;
  /** Ends the service from inside (lost a dependency for good); exit code 1 when a cause is given. */
  stop(reason: string, cause?: unknown): void;
}

export type ReadyInfo = Readonly<Record<string, unknown>>;

export interface ServiceDefinition {
  readonly name: string;
  /**
   * Opens everything, then returns: the service runs until a signal. What it returns (ports, addresses) is announced
   * with `ready`. Throwing ends the process: exit code 78 for a ConfigurationError, else 1.
   */
  readonly main: (context: ServiceContext) => Promise<ReadyInfo | void>;
  /** For the whole graceful shutdown. Default 10 s. */
  readonly shutdownDeadlineMs?: number;
}

const DEFAULT_SHUTDOWN_MS = 10_000;
/** A signal to a whole process group can arrive twice (directly and forwarded): that is one wish, not two. */
const SECOND_SIGNAL_AFTER_MS = 700;

/** Tells the starter that the service is ready: an IPC message when there is a channel, else one JSON line on stdout. */
function announceReady(name: string, info: ReadyInfo): void {
  if (process.send !== undefined) process.send({ type: 'ready', service: name, pid: process.pid, ...info });
  else process.stdout.write(`${JSON.stringify({ ready: true, service: name, pid: process.pid, ...info })}\n`);
}

/**
 * The frame of every service process: logger, metrics, signals, last-resort handlers, parent watch, ordered shutdown.
 *
 * - An unhandled rejection is logged and counted, and the process goes on: the exchange library raises them from
 *   sockets that nobody awaits any more.
 * - An uncaught exception leaves unknown state behind: graceful shutdown, exit code 1.
 * - SIGTERM, SIGINT, or the end of the parent: graceful shutdown, exit code 0; a second signal ends at once.
 */
export async function runService({ name, main, shutdownDeadlineMs }: ServiceDefinition): Promise<void> {
  const level = LogLevelSchema.catch('info').parse(process.env['LOG_LEVEL']);
  const log = createLogger({ service: name, level });
  const metrics = createMetrics(name);
  const shutdown = new ShutdownStack();
  const stopping = new AbortController();

  const stop = (reason: string, exitCode: number): void => {
    if (stopping.signal.aborted) return;
    log.info({ reason }, 'stopping');
    stopping.abort(new Error(reason));
    const deadlineMs = shutdownDeadlineMs ?? DEFAULT_SHUTDOWN_MS;
    // A step that blocks the event loop's promises for ever must not keep the process.
    setTimeout(() => process.exit(1), deadlineMs + 2_000).unref();
    void shutdown.run(deadlineMs).then((failures) => {
      for (const { name: step, cause } of failures) log.warn({ step, err: cause }, 'a part did not close');
      log.info('stopped');
      process.exit(failures.length > 0 && exitCode === 0 ? 1 : exitCode);
    });
  };
  installHandlers(log, metrics, stop);

  log.info({ node: process.version }, 'starting');
  try {
    const tracing = await startTracing({ service: name, log });
    // Opened first, closed last: the spans of the shutdown go out too.
    if (tracing !== null) shutdown.defer('traces', () => tracing.close());
    const info = await main({
      name,
      log,
      metrics,
      shutdown,
      stopping: stopping.signal,
      stop: (reason, cause) => {
        if (cause !== undefined) log.error({ err: cause }, reason);
        stop(reason, cause === undefined ? 0 : 1);
      },
    });
    if (stopping.signal.aborted) return;
    log.info({ ...info }, 'ready');
    announceReady(name, info ?? {});
  } catch (cause) {
    if (stopping.signal.aborted) return;
    log.fatal({ err: cause }, 'the service could not start');
    stop('start failed', cause instanceof ConfigurationError ? CONFIGURATION_EXIT_CODE : 1);
  }
}

function installHandlers(log: Logger, metrics: Metrics, stop: (reason: string, exitCode: number) => void): void {
  const rejections = metrics.counter('unhandled_rejections_total', 'Promise rejections that nobody handled');
  process.on('unhandledRejection', (cause) => {
    rejections.inc();
    log.error({ err: cause }, 'unhandled rejection');
  });
  process.on('uncaughtException', (cause) => {
    log.fatal({ err: cause }, 'uncaught exception');
    stop('uncaught exception', 1);
  });
  let signalledAt: number | null = null;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (signalledAt !== null && Date.now() - signalledAt > SECOND_SIGNAL_AFTER_MS) process.exit(1);
    signalledAt ??= Date.now();
    stop(signal, 0);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  watchParent((reason) => stop(reason, 0));
}
