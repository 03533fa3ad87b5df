import type { UserError } from '@orderplane/domain';
import type { AlertInput, CommandResult, OrderCommand } from '@orderplane/queues';
import type { Account } from '@orderplane/store';
import { findMarket } from '../checks/market.ts';
import { checkTrigger } from '../checks/trigger.ts';
import { refused, userError, type CommandContext } from '../context.ts';

const done = (alertId: string): CommandResult => ({ orderIds: [], alertIds: [alertId], userErrors: [] });

/** Arms a price watch. Its id is the command's, so a second run finds the first. Halted accounts may watch prices, too. */
export async function createAlert(
  context: CommandContext,
  { commandId, userId, input }: Extract<OrderCommand, { kind: 'createAlert' }>,
): Promise<CommandResult> {
  const account = await context.access.account(input.accountId);
  if (account === null || account.userId !== userId || account.unlinkedAt !== null) return refused(noAccount(input));
  const refusal = await checkAlert(context, account, input);
  if (refusal !== null) return refused(refusal);
  const { exchange } = account;
  const { trigger } = input;
  const alert = { id: commandId, userId, exchange, ...input, createdAt: context.clock.iso() };
  context.crashPoint('alert:before-commit', input.note ?? '');
  const created = await context.alerts.create(alert, context.maxArmedAlerts);
  context.crashPoint('alert:after-commit', input.note ?? '');
  switch (created.kind) {
    case 'created':
      context.alertBell.changed(account.id);
      context.alertBell.armed(exchange, trigger.symbol);
      return done(commandId);
    case 'tooMany':
      return refused(
        userError(
          'RISK_LIMIT_EXCEEDED',
          `the account has ${created.armed} armed alerts, the most that it may have: cancel one first`,
          'accountId',
        ),
      );
    case 'notFound':
      return refused(noAccount(input));
  }
}

async function checkAlert(
  context: CommandContext,
  account: Account,
  { symbol, trigger }: AlertInput,
): Promise<UserError | null> {
  const market = await findMarket(context, account, symbol);
  // A symbol that is meant for both is told as the alert's.
  return 'code' in market ? market : checkTrigger(context, account, trigger);
}

export async function cancelAlert(
  context: CommandContext,
  { userId, alertId }: Extract<OrderCommand, { kind: 'cancelAlert' }>,
): Promise<CommandResult> {
  const result = await context.alerts.cancel(userId, alertId, context.clock.iso());
  switch (result.kind) {
    case 'cancelled':
      if (!result.again) {
        context.alertBell.changed(result.alert.accountId);
        context.alertBell.armed(result.alert.exchange, result.alert.trigger.symbol);
      }
      return done(alertId);
    case 'triggered':
      return refused({
        code: 'INVALID_STATE_TRANSITION',
        message: `the alert has fired at ${result.alert.fired?.price ?? 'its price'}: there is nothing left to cancel`,
        field: ['alertId'],
      });
    case 'notFound':
      return refused({ code: 'NOT_FOUND', message: `there is no alert ${alertId}`, field: ['alertId'] });
  }
}

const noAccount = ({ accountId }: AlertInput): UserError =>
  userError('NOT_FOUND', `there is no account ${accountId}`, 'accountId');
