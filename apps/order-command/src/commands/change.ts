import { isPositive, type UserError } from '@orderplane/domain';
import { Folding } from '@orderplane/planner';
import type { CommandResult, OrderCommand } from '@orderplane/queues';
import { record, type Change, type Committed } from '@orderplane/recorder';
import { decide, type OrderCommand as MachineCommand } from '@orderplane/state-machine';
import { AccountHaltedError, type Account, type Intent, type OrderRecord } from '@orderplane/store';
import { checkMarket, checkNotional, findMarket } from '../checks/market.ts';
import { checkTrigger } from '../checks/trigger.ts';
import { accepted, refused, userError, type CommandContext } from '../context.ts';
import { rearmed, ringIfDark } from '../dark.ts';

/** Remembers the wish to cancel; the reconciler carries it out. */
export async function cancelOne(
  context: CommandContext,
  userId: string,
  orderId: string,
  commandId: string,
): Promise<CommandResult> {
  const found = await context.recorder.ledger.find(orderId);
  if (found === null || found.intent.userId !== userId) return refused(notFound(orderId, 'orderId'));
  return command(context, found, 'cancel', (current) => ({
    type: 'cancel',
    requestId: commandId,
    generation: current.intent.generation + 1,
    by: 'client',
  }));
}

/** Remembers the wished terms; whether by amendment or in two steps is the planner's choice. */
type Modify = Extract<OrderCommand, { kind: 'modify' }>;

export async function modify(context: CommandContext, wish: Modify): Promise<CommandResult> {
  const found = await context.recorder.ledger.find(wish.orderId);
  if (found === null || found.intent.userId !== wish.userId) return refused(notFound(wish.orderId, 'input', 'orderId'));
  // The same command again is answered as before, whatever has changed since: its effect is written already.
  const refusal = knows(found, wish.commandId) ? null : await checkChange(context, found, wish);
  if (refusal !== null) return refused(refusal);
  const change = {
    ...(wish.size === null ? {} : { size: wish.size }),
    ...(wish.price === null ? {} : { price: wish.price }),
    ...(wish.stopPrice === null ? {} : { stopPrice: wish.stopPrice }),
  };
  return command(
    context,
    found,
    'modify',
    (current) => ({
      type: 'modify',
      requestId: wish.commandId,
      generation: current.intent.generation + 1,
      by: 'client',
      change,
      ...(rearmed(current.intent, wish, '') === null ? {} : { rearms: true }),
    }),
    ({ intent }, at) => {
      const trigger = rearmed(intent, wish, at);
      return { spec: { ...intent.spec, ...change }, ...(trigger === null ? {} : { trigger }) };
    },
  );
}

async function checkChange(context: CommandContext, found: OrderRecord, wish: Modify): Promise<UserError | null> {
  if (wish.size === null && wish.price === null && wish.stopPrice === null && wish.trigger === undefined) {
    return userError('INVALID_INPUT', 'nothing to change: give size, price, stopPrice or trigger');
  }
  for (const field of ['size', 'price', 'stopPrice'] as const) {
    const value = wish[field];
    if (value !== null && !isPositive(value)) return userError('INVALID_INPUT', `${field} must be above zero`, field);
  }
  const account = await context.access.account(found.intent.accountId);
  if (account === null) return notFound(wish.orderId, 'input', 'orderId');
  if (account.halted) return haltedError;
  const market = await findMarket(context, account, found.intent.spec.symbol);
  if ('code' in market) return market;
  const { spec } = found.intent;
  const terms = { type: spec.type, size: wish.size, quoteSize: null, price: wish.price, stopPrice: wish.stopPrice };
  const after = {
    ...terms,
    size: wish.size ?? spec.size,
    price: wish.price ?? spec.price,
    stopPrice: wish.stopPrice ?? spec.stopPrice,
  };
  const rules = checkMarket(market, terms) ?? checkNotional(market, after, wish.size === null ? 'price' : 'size');
  return rules ?? checkRearming(context, account, found, wish);
}

async function checkRearming(
  context: CommandContext,
  account: Account,
  { intent }: OrderRecord,
  { trigger }: Modify,
): Promise<UserError | null> {
  if (trigger === undefined) return null;
  if (intent.trigger === undefined)
    return userError('INVALID_INPUT', 'only a DARK order has a trigger that could be changed', 'trigger');
  if (intent.trigger.isOwnStop)
    return userError('INVALID_INPUT', 'the trigger of this order is its stopPrice: change that', 'trigger');
  return checkTrigger(context, account, { ...trigger, symbol: trigger.symbol ?? intent.trigger.symbol });
}

const haltedError = userError('ACCOUNT_HALTED', 'the account of this order is halted: resume it first');

const knows = (order: OrderRecord, requestId: string): boolean =>
  order.actual.machine.requests.some((request) => request.id === requestId);

async function command(
  context: CommandContext,
  found: OrderRecord,
  kind: 'cancel' | 'modify',
  commandOf: (current: OrderRecord) => MachineCommand,
  intentOf: (current: OrderRecord, at: string) => Pick<Intent, 'spec' | 'trigger'> = ({ intent }) => ({
    spec: intent.spec,
  }),
): Promise<CommandResult> {
  let refusal: UserError | null = null;
  context.crashPoint('change:before-commit', found.intent.clientOrderId);
  const written = await recordUnlessHalted(
    context,
    (current, at): Change | null => {
      refusal = null;
      const wished = commandOf(current);
      // The same command again (its worker died before it could answer): done already.
      if (knows(current, wished.requestId)) return null;
      const decision = decide(current.actual.machine, wished);
      if (!decision.ok) {
        const field = decision.field === null ? null : ['input', ...decision.field];
        refusal = { code: decision.code, message: decision.message, field };
        return null;
      }
      if (decision.events.length === 0) return null;
      const folding = new Folding(current.actual.machine, { at, visibilityDelayMs: 0 });
      for (const event of decision.events) folding.apply(event, 'client');
      const folded = folding.result();
      return {
        machine: folded.machine,
        journal: folded.journal,
        intent: { ...intentOf(current, at), generation: current.intent.generation + 1 },
        // A new wish does not wait for the backoff of an earlier failure.
        reconciliation: { nextAttemptAt: null },
        unlessHalted: kind === 'modify',
      };
    },
    found,
  );
  if (written === 'halted') return refused(haltedError);
  if (refusal !== null) return refused(refusal);
  if (written === null) return refused(notFound(found.intent.orderId, 'orderId'));
  context.crashPoint('change:after-commit', found.intent.clientOrderId);
  if (kind === 'modify') ringIfDark(context, written.record);
  await context.waker.wake(found.intent.exchange, found.intent.orderId, kind === 'cancel' ? 'cancel' : 'submit');
  context.crashPoint('change:after-wake', found.intent.clientOrderId);
  return accepted(found.intent.orderId);
}

/** The account may be halted between the check and the write: the statement that writes decides. */
async function recordUnlessHalted(
  context: CommandContext,
  attempt: (current: OrderRecord, at: string) => Change | null,
  found: OrderRecord,
): Promise<Committed | 'halted' | null> {
  try {
    return await record(context.recorder, found.intent.orderId, attempt, found);
  } catch (error) {
    if (error instanceof AccountHaltedError) return 'halted';
    throw error;
  }
}

const notFound = (orderId: string, ...field: readonly string[]): UserError => ({
  code: 'NOT_FOUND',
  message: `there is no order ${orderId}`,
  field,
});
