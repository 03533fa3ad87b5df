import type { CommandResult, OrderCommand } from '@orderplane/queues';
import type { Unlinking } from '@orderplane/store';
import { accepted, refused, type CommandContext } from '../context.ts';

/** Ends an account: once nothing of it is open or in doubt. Again is the same as once. */
export async function unlink(
  context: CommandContext,
  command: Extract<OrderCommand, { kind: 'unlink' }>,
): Promise<CommandResult> {
  const { userId, accountId } = command;
  const at = context.clock.iso();
  const result = await context.accounts.unlink(userId, accountId, at);
  const again = result.kind === 'unlinked' && result.again;
  if (result.kind !== 'notFound' && !again)
    await context.access.audit({
      at,
      userId,
      action: 'account.unlink',
      target: accountId,
      outcome: result.kind,
      remote: null,
    });
  return answer(result, accountId);
}

function answer(result: Unlinking, accountId: string): CommandResult {
  const field = ['accountId'];
  switch (result.kind) {
    case 'unlinked':
      return accepted();
    case 'notFound':
      return refused({ code: 'NOT_FOUND', message: `there is no account ${accountId}`, field });
    case 'unsettled': {
      const orders = result.orders === 1 ? 'one order' : `${result.orders} orders`;
      const message =
        `the account has ${orders} that may still live at the exchange: cancel what is open (cancelAllOrders), ` +
        'wait until each has ended and is IN_SYNC, and repeat';
      return refused({ code: 'INVALID_STATE_TRANSITION', message, field });
    }
  }
}
