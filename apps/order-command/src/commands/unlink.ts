import type { CommandResult, OrderCommand } from '@orderplane/queues';
import type { Unlinking } from '@orderplane/store';
import { accepted, refused, type CommandContext } from '../context.ts';
import { saidSo } from './dead-mans-switch.ts';
import { auditIfLate } from './late-audit.ts';

/** Ends an account: once nothing of it is open or in doubt. Again is the same as once. */
export async function unlink(
  context: CommandContext,
  command: Extract<OrderCommand, { kind: 'unlink' }>,
): Promise<CommandResult> {
  const { userId, accountId } = command;
  const at = context.clock.iso();
  let result = await context.accounts.unlink(userId, accountId, at);
  if (result.kind === 'armed') {
    // With the credentials gone nobody could call the exchange off: it would end orders that are placed there by hand.
    await context.deadMansSwitches.set(userId, accountId, null, at);
    await saidSo(context, accountId);
    result = await context.accounts.unlink(userId, accountId, context.clock.iso());
  }
  const again = result.kind === 'unlinked' && result.again;
  if (result.kind !== 'notFound' && !again) await auditIfLate(context, command, 'account.unlink', result.kind);
  return answer(result, accountId);
}

function answer(result: Unlinking, accountId: string): CommandResult {
  const field = ['accountId'];
  switch (result.kind) {
    case 'unlinked':
      return accepted();
    case 'notFound':
      return refused({ code: 'NOT_FOUND', message: `there is no account ${accountId}`, field });
    case 'armed': {
      const message =
        "the exchange has not confirmed yet that the account's dead man's switch is off (deadMansSwitch { lastError } " +
        'says why): repeat it in a moment, at the latest when its time is over';
      return refused({ code: 'EXCHANGE_UNAVAILABLE', message, field });
    }
    case 'unsettled': {
      const orders = result.orders === 1 ? 'one order' : `${result.orders} orders`;
      const message =
        `the account has ${orders} that may still live at the exchange: cancel what is open (cancelAllOrders), ` +
        'wait until each has ended and is IN_SYNC, and repeat';
      return refused({ code: 'INVALID_STATE_TRANSITION', message, field });
    }
  }
}
