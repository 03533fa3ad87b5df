import type { CommandResult, OrderCommand } from '@orderplane/queues';
import { currentLeg } from '@orderplane/state-machine';
import type { OrderRecord } from '@orderplane/store';
import { accepted, refused, userError, type CommandContext } from '../context.ts';
import { auditIfLate } from './late-audit.ts';

type Halt = Extract<OrderCommand, { kind: 'halt' }>;
type Resume = Extract<OrderCommand, { kind: 'resume' }>;

/** Orders woken in one call. */
const WAKES_AT_ONCE = 1_000;
/** A submission that left before the halt is waited for this long: PAUSES of PAUSE_MS, 3 s, below the caller's patience. */
const PAUSE_MS = 25;
const PAUSES = 120;

/**
 * The kill switch. Durable before anything else: from the store's answer on no order is placed and none is sent. What had
 * left a moment before is waited for, so that after this command nothing new reaches the exchange. What is open is
 * cancelled by the reconciler, which finds the halt with each order; waking them all only makes it sooner.
 */
export async function halt(context: CommandContext, command: Halt): Promise<CommandResult> {
  const { userId, accountId, cancelOpen } = command;
  const at = context.clock.iso();
  context.crashPoint('halt:before-commit', accountId);
  const result = await context.accounts.halt(userId, accountId, { cancelOpen, at });
  if (result.kind === 'notFound') return refused(noAccount(accountId));
  context.crashPoint('halt:after-commit', accountId);
  const outcome = result.again ? 'again' : cancelOpen ? 'cancel open' : 'keep open';
  await auditIfLate(context, command, 'account.halt', outcome);
  const open = await context.recorder.ledger.openOrders(accountId);
  const cancelOpenBefore = result.account.halt?.cancelOpenBefore ?? null;
  if (cancelOpenBefore !== null) await wakeAll(context, open, 'cancel');
  context.crashPoint('halt:after-wake', accountId);
  await arrived(context, open);
  return accepted();
}

/** What was held goes on. A cancel that the halt has wished already is not taken back. */
export async function resume(context: CommandContext, command: Resume): Promise<CommandResult> {
  const { userId, accountId } = command;
  context.crashPoint('resume:before-commit', accountId);
  const result = await context.accounts.resume(userId, accountId);
  if (result.kind === 'notFound') return refused(noAccount(accountId));
  context.crashPoint('resume:after-commit', accountId);
  await auditIfLate(context, command, 'account.resume', result.again ? 'again' : 'resumed');
  await wakeAll(context, await context.recorder.ledger.openOrders(accountId), 'submit');
  return accepted();
}

const noAccount = (accountId: string) => ({
  ...userError('NOT_FOUND', `there is no account ${accountId}`),
  field: ['accountId'],
});

/** A wake-up that is lost is made up for by the resync. */
async function wakeAll(
  { waker }: CommandContext,
  orders: readonly OrderRecord[],
  urgency: 'cancel' | 'submit',
): Promise<void> {
  const ids = orders.map(({ intent }) => intent.orderId);
  const exchange = orders[0]?.intent.exchange;
  if (exchange === undefined) return;
  for (let start = 0; start < ids.length; start += WAKES_AT_ONCE)
    await waker.wakeMany(exchange, ids.slice(start, start + WAKES_AT_ONCE), urgency);
}

/**
 * Waits until everything that had left before the halt has its answer. What has none by then was sent seconds ago, or its
 * sender is gone: the exchange is asked, and what is found is cancelled.
 */
async function arrived(context: CommandContext, open: readonly OrderRecord[]): Promise<void> {
  let travelling = open.filter(isTravelling).map(({ intent }) => intent.orderId);
  if (context.pause === undefined) return;
  for (let pauses = 0; pauses < PAUSES && travelling.length > 0; pauses += 1) {
    await context.pause(PAUSE_MS);
    const orders = await Promise.all(travelling.map((orderId) => context.recorder.ledger.find(orderId)));
    travelling = orders.flatMap((order) => (order !== null && isTravelling(order) ? [order.intent.orderId] : []));
  }
}

/** A request that makes or changes an order at the exchange was recorded as sent, and has no answer yet. */
const isTravelling = ({ actual: { machine } }: OrderRecord): boolean =>
  currentLeg(machine)?.phase === 'sent' ||
  machine.requests.some((request) => request.phase === 'sent' && request.how === 'AMEND');
