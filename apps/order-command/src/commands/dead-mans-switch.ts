import type { CommandResult, OrderCommand } from '@orderplane/queues';
import { isStanding } from '@orderplane/store';
import { accepted, refused, userError, type CommandContext } from '../context.ts';
import { auditIfLate } from './late-audit.ts';

type SetSwitch = Extract<OrderCommand, { kind: 'setDeadMansSwitch' }>;

/** The worker that owns the account is waited for this long: PAUSES of PAUSE_MS, 3.5 s, below the caller's patience. */
const PAUSE_MS = 50;
const PAUSES = 70;

/**
 * Writes the wish; whoever owns the account says it to the exchange, again and again. The answer waits a moment for the
 * first time, so that it can tell whether the exchange has taken it. Where it has not, the account says why, and it goes on.
 */
export async function setDeadMansSwitch(context: CommandContext, command: SetSwitch): Promise<CommandResult> {
  const { userId, accountId, timeoutSeconds } = command;
  const account = await context.access.account(accountId);
  if (account === null || account.userId !== userId || account.unlinkedAt !== null) return noAccount(accountId);
  const { name, deadMansSwitch: terms } = context.capabilities(account.exchange);
  // Off is what it is there, with or without one.
  if (terms === null) return timeoutSeconds === null ? accepted() : refused(unsupported(name));
  const { minimumSeconds, maximumSeconds } = terms;
  if (timeoutSeconds !== null && (timeoutSeconds < minimumSeconds || timeoutSeconds > maximumSeconds)) {
    const bounds = `${minimumSeconds} to ${maximumSeconds} seconds`;
    return refused({
      ...userError('INVALID_INPUT', `${name} takes ${bounds}; null is off`),
      field: ['timeoutSeconds'],
    });
  }
  const at = context.clock.iso();
  context.crashPoint('switch:before-commit', accountId);
  const result = await context.deadMansSwitches.set(userId, accountId, timeoutSeconds, at);
  if (result.kind === 'notFound') return noAccount(accountId);
  context.crashPoint('switch:after-commit', accountId);
  const outcome = result.again ? 'again' : timeoutSeconds === null ? 'off' : `${timeoutSeconds} s`;
  await auditIfLate(context, command, 'account.dead-mans-switch', outcome);
  await saidSo(context, accountId);
  return accepted();
}

/** Waits until the exchange has confirmed what is wished. False: it has not yet. */
export async function saidSo(context: CommandContext, accountId: string): Promise<boolean> {
  for (let pauses = 0; ; pauses += 1) {
    const [one] = await context.deadMansSwitches.of([accountId]);
    if (one === undefined) return true;
    const isSo =
      one.timeoutSeconds === null
        ? !isStanding(one, context.clock.iso())
        : one.armed?.timeoutSeconds === one.timeoutSeconds && one.lastError === null;
    if (isSo) return true;
    if (context.pause === undefined || pauses >= PAUSES) return false;
    await context.pause(PAUSE_MS);
  }
}

const noAccount = (accountId: string): CommandResult =>
  refused({ ...userError('NOT_FOUND', `there is no account ${accountId}`), field: ['accountId'] });

const unsupported = (exchange: string) => ({
  ...userError('UNSUPPORTED_BY_EXCHANGE', `${exchange} has no dead man's switch, and nothing else takes its place`),
  field: ['accountId'],
});
