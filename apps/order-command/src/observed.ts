import type { CommandResult, OrderCommand, TraceBook } from '@orderplane/queues';
import { currentSpan, traceparent, withLogScope, type Logger, type Metrics } from '@orderplane/service-kit';

type Handle = (command: OrderCommand) => Promise<CommandResult>;

interface Observers {
  readonly log: Pick<Logger, 'info'>;
  readonly metrics: Metrics;
  readonly traces: TraceBook;
}

/** The handler, with its logs, metrics and traces: one line for each command, with the ids that lead to everything else. */
export function observed({ log, metrics, traces }: Observers, handle: Handle): Handle {
  const seconds = metrics.histogram('command_seconds', 'Duration of a command', ['kind', 'outcome']);
  const tell = (command: OrderCommand, outcome: string, result: CommandResult | null, ms: number): void => {
    seconds.observe({ kind: command.kind, outcome }, ms / 1_000);
    // Of a group of many, or of all orders of an account, the first ones will do.
    const orderIds = result?.orderIds.slice(0, 20) ?? [];
    log.info({ kind: command.kind, outcome, orderIds, ms: Math.round(ms) }, 'command');
    const span = currentSpan();
    if (span === null) return;
    span.note({
      'orderplane.command': command.kind,
      'orderplane.command_id': command.commandId,
      'orderplane.outcome': outcome,
      'orderplane.order_id': orderIds[0],
    });
    const trace = traceparent();
    if (trace !== null && result !== null) traces.keep(result.orderIds, trace);
  };
  return (command) =>
    withLogScope(idsOf(command), async () => {
      const startedAt = performance.now();
      try {
        const result = await handle(command);
        tell(command, result.userErrors[0]?.code ?? 'accepted', result, performance.now() - startedAt);
        return result;
      } catch (error) {
        tell(command, 'error', null, performance.now() - startedAt);
        throw error;
      }
    });
}

const idsOf = (command: OrderCommand) => ({
  commandId: command.commandId,
  ...(command.requestId === undefined ? {} : { requestId: command.requestId }),
  ...('orderId' in command ? { orderId: command.orderId } : {}),
  ...('accountId' in command ? { accountId: command.accountId } : {}),
  ...('input' in command ? { accountId: command.input.accountId } : {}),
});
