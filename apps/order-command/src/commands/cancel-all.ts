import type { CommandResult, OrderCommand } from '@orderplane/queues';
import type { UserError } from '@orderplane/domain';
import { refused, userError, type CommandContext } from '../context.ts';
import { cancelOne } from './change.ts';

const AT_ONCE = 8;

/** Every open order of the account that fits, one cancel each: no order suffers from another's failure. */
export async function cancelAll(
  context: CommandContext,
  command: Extract<OrderCommand, { kind: 'cancelAll' }>,
): Promise<CommandResult> {
  const account = await context.access.account(command.accountId);
  if (account === null || account.userId !== command.userId) {
    return refused(userError('NOT_FOUND', `there is no account ${command.accountId}`, 'accountId'));
  }
  const open = await context.recorder.ledger.openOrders(account.id, command.symbol ?? undefined);
  const targets = open.filter((order) => command.side === null || order.intent.spec.side === command.side);
  const orderIds: string[] = [];
  const userErrors: UserError[] = [];
  const queue = [...targets];
  const work = async (): Promise<void> => {
    for (let target = queue.shift(); target !== undefined; target = queue.shift()) {
      const result = await cancelOne(
        context,
        command.userId,
        target.intent.orderId,
        `${command.commandId}-${target.intent.orderId}`,
      );
      orderIds.push(...result.orderIds);
      // One that ended in the meantime needs no cancel: that is what was asked for.
      userErrors.push(...result.userErrors.filter((error) => error.code !== 'INVALID_STATE_TRANSITION'));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { orderIds, userErrors };
}
