import type { UserError } from '@orderplane/domain';
import {
  COMMAND_GRACE_MS,
  NotAcceptedError,
  QueueFullError,
  QueueUnavailableError,
  ResultTimeoutError,
  type CommandResult,
  type CommandTime,
  type OrderCommand,
} from '@orderplane/queues';
import type { OrderRecord } from '@orderplane/store';
import { ZodError } from 'zod';
import type { GatewayContext } from '../server/context.ts';
import { requestError } from '../server/errors.ts';

type Untimed<Command> = Command extends unknown ? Omit<Command, 'time'> : never;

/** Throws SERVICE_UNAVAILABLE while the shared time is not known: a command that can't say when it was given is not taken. */
function timeOf({ ports, timeouts }: GatewayContext): CommandTime {
  const earliestMs = ports.clock.earliestMs();
  if (earliestMs === null)
    throw requestError('SERVICE_UNAVAILABLE', "nothing was accepted: the database's time is not known now. Try again");
  const expiresAtMs = ports.clock.now().getTime() + timeouts.commandMs + COMMAND_GRACE_MS;
  return { issuedAt: new Date(earliestMs).toISOString(), expiresAt: new Date(expiresAtMs).toISOString() };
}

/**
 * Hands the command over and waits for what order-command says. Expected failures come as `userErrors`; when nobody can
 * tell whether it was carried out, that is TIMEOUT, and `howToRepeat` says what is safe to do. Throws
 * SERVICE_UNAVAILABLE only when the command was surely not accepted.
 */
export async function runCommand(
  context: GatewayContext,
  command: Untimed<OrderCommand>,
  howToRepeat: string,
): Promise<CommandResult> {
  const { requestId } = context;
  const job = { ...command, time: timeOf(context), ...(requestId === null ? {} : { requestId }) };
  try {
    return await context.ports.commands.request(job, context.timeouts.commandMs);
  } catch (cause) {
    if (cause instanceof QueueFullError)
      throw requestError('SERVICE_UNAVAILABLE', 'too many commands are waiting, nothing was accepted: try again later');
    const refused = NotAcceptedError.from(cause);
    if (refused !== null)
      throw requestError('SERVICE_UNAVAILABLE', `nothing was accepted: ${refused.reason}. Try again`);
    if (cause instanceof QueueUnavailableError && cause.isNotAdded)
      throw requestError('SERVICE_UNAVAILABLE', 'nothing was accepted: commands can not be taken right now. Try again');
    if (cause instanceof ZodError) throw cause;
    if (!(cause instanceof ResultTimeoutError))
      context.ports.log.warn(
        { err: cause, command: command.kind, commandId: command.commandId },
        'a command has no result',
      );
    return { orderIds: [], userErrors: [unknownOutcome(howToRepeat)] };
  }
}

const unknownOutcome = (howToRepeat: string): UserError => ({
  code: 'TIMEOUT',
  message: `the outcome is unknown: the command may or may not have been accepted. ${howToRepeat}`,
  field: null,
});

export interface OrderResult {
  readonly order: OrderRecord | null;
  readonly userErrors: readonly UserError[];
}

/** The order that a command was about, as it is now. Accepted stays accepted when it can't be read back. */
export async function orderResult(
  context: GatewayContext,
  result: CommandResult,
  howToRepeat: string,
): Promise<OrderResult> {
  const orderId = result.orderIds[0];
  if (orderId === undefined) return { order: null, userErrors: result.userErrors };
  try {
    const order = await context.ports.queries.byId(context.principal.userId, orderId);
    return { order, userErrors: result.userErrors };
  } catch (cause) {
    context.ports.log.error({ err: cause, orderId }, 'the order of a command could not be read back');
    return { order: null, userErrors: [...result.userErrors, unknownOutcome(howToRepeat)] };
  }
}
