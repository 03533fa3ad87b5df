import { isPositive, type UserError } from '@orderplane/domain';
import { Folding } from '@orderplane/planner';
import type { CommandResult, OrderCommand } from '@orderplane/queues';
import { record, type Change, type Committed } from '@orderplane/recorder';
import { decide, type OrderCommand as MachineCommand } from '@orderplane/state-machine';
import {
  AccountHaltedError,
  exchangeSpec,
  LimitExceededError,
  type Account,
  type Intent,
  type JournalRecord,
  type OrderRecord,
} from '@orderplane/store';
import { firstRefusal, type Subject, type Terms } from '../checks/check.ts';
import { factsFor } from '../checks/facts.ts';
import { limitExceeded } from '../checks/limits.ts';
import { noteOf } from '../checks/freshness.ts';
import { CHECKS } from '../checks/list.ts';
import { restingChange } from '../checks/resting.ts';
import { HALTED_ORDER } from '../checks/standing.ts';
import { accepted, refused, userError, type CommandContext } from '../context.ts';
import { rearmed, revalued, ringIfDark, waitsFor } from '../dark.ts';
import { isOverdue, OverdueError } from './overdue.ts';

/** Remembers the wish to cancel; the reconciler carries it out. */
export async function cancelOne(
  context: CommandContext,
  userId: string,
  orderId: string,
  commandId: string,
): Promise<CommandResult> {
  const found = await context.recorder.ledger.find(orderId);
  if (found === null || found.intent.userId !== userId) return refused(notFound(orderId, 'orderId'));
  return command(context, found, 'cancel', { size: null, quoteSize: null }, commandId, (current) => ({
    type: 'cancel',
    requestId: commandId,
    generation: current.intent.generation + 1,
    by: 'client',
  }));
}

type Modify = Extract<OrderCommand, { kind: 'modify' }>;

/** Remembers the wished terms; whether by amendment or in two steps is the planner's choice. */
export async function modify(context: CommandContext, wish: Modify): Promise<CommandResult> {
  const found = await context.recorder.ledger.find(wish.orderId);
  if (found === null || found.intent.userId !== wish.userId) return refused(notFound(wish.orderId, 'input', 'orderId'));
  // The same command again is answered as before, whatever has changed since: its effect is written already.
  const verdict = knows(found, wish.commandId) ? { note: null } : await checkChange(context, found, wish);
  if ('code' in verdict) return refused(verdict);
  const change = changeOf(wish);
  return command(
    context,
    found,
    'modify',
    { size: wish.size, quoteSize: null },
    wish.commandId,
    (current, at) => {
      // A change that comes after its time would undo what the caller has wished since.
      if (isOverdue(wish, Date.parse(at))) throw new OverdueError(wish);
      return {
        type: 'modify',
        requestId: wish.commandId,
        generation: current.intent.generation + 1,
        by: 'client',
        change,
        ...(rearmed(current.intent, wish, '') === null ? {} : { rearms: true }),
      };
    },
    ({ intent }, at) => {
      const trigger = rearmed(intent, wish, at);
      const spec = { ...intent.spec, ...change };
      return trigger === null ? { spec } : { spec, trigger, ...revalued(intent, trigger) };
    },
    verdict.note,
  );
}

const changeOf = ({ size, price, stopPrice }: Modify) => ({
  ...(size === null ? {} : { size }),
  ...(price === null ? {} : { price }),
  ...(stopPrice === null ? {} : { stopPrice }),
});

/** `note`: what the journal is to say of how the change was judged; null: nothing. */
type Passed = { readonly note: string | null };

async function checkChange(context: CommandContext, found: OrderRecord, wish: Modify): Promise<UserError | Passed> {
  if (wish.size === null && wish.price === null && wish.stopPrice === null && wish.trigger === undefined) {
    return userError('INVALID_INPUT', 'nothing to change: give size, price, stopPrice or trigger');
  }
  for (const field of ['size', 'price', 'stopPrice'] as const) {
    const value = wish[field];
    if (value !== null && !isPositive(value)) return userError('INVALID_INPUT', `${field} must be above zero`, field);
    // Said before the limits are asked, which would judge a price that the order can't have.
    if (value !== null && field !== 'size' && found.intent.spec[field] === null)
      return userError('INVALID_INPUT', `This order has no ${field} that could be changed.`, field);
  }
  const account = await context.access.account(found.intent.accountId);
  if (account === null) return notFound(wish.orderId, 'input', 'orderId');
  return checkRearming(found, wish) ?? checkTerms(context, account, found, wish);
}

function checkRearming({ intent }: OrderRecord, { trigger }: Modify): UserError | null {
  if (trigger === undefined) return null;
  if (intent.trigger === undefined)
    return userError('INVALID_INPUT', 'only a DARK order has a trigger that could be changed', 'trigger');
  return intent.trigger.isOwnStop
    ? userError('INVALID_INPUT', 'the trigger of this order is its stopPrice: change that', 'trigger')
    : null;
}

/** The checks of the list, on the order as it is to be. */
async function checkTerms(
  context: CommandContext,
  account: Account,
  { intent, actual }: OrderRecord,
  wish: Modify,
): Promise<UserError | Passed> {
  const { size, price, stopPrice } = wish;
  const trigger = rearmed(intent, wish, '') ?? intent.trigger;
  const spec = { ...intent.spec, ...changeOf(wish) };
  const sent = exchangeSpec({ mode: intent.mode, spec, ...(trigger && { trigger }) });
  const isDark = actual.machine.life === 'DARK_OPEN';
  const subject: Subject = {
    moment: 'change',
    account,
    capabilities: context.capabilities(account.exchange),
    nowMs: context.clock.now().getTime(),
    wanted: isDark ? spec : sent,
    sent,
    terms: { size, quoteSize: null, price, stopPrice },
    trigger: wish.trigger !== undefined && trigger !== undefined ? trigger : null,
    waitsFor: isDark ? waitsFor(spec, trigger === undefined ? {} : { trigger }) : null,
    isDark,
    resting: restingChange({ intent, actual }, changeOf(wish)),
    clientOrderId: intent.clientOrderId,
    input: null,
  };
  const facts = factsFor(context, subject);
  return (await firstRefusal(CHECKS, subject, facts)) ?? { note: await noteOf(subject, facts) };
}

const knows = (order: OrderRecord, requestId: string): boolean =>
  order.actual.machine.requests.some((request) => request.id === requestId);

async function command(
  context: CommandContext,
  found: OrderRecord,
  kind: 'cancel' | 'modify',
  given: Pick<Terms, 'size' | 'quoteSize'>,
  requestId: string,
  commandOf: (current: OrderRecord, at: string) => MachineCommand,
  intentOf: (current: OrderRecord, at: string) => Pick<Intent, 'spec' | 'trigger' | 'valuedAt'> = ({ intent }) => ({
    spec: intent.spec,
  }),
  note: string | null = null,
): Promise<CommandResult> {
  let refusal: UserError | null = null;
  context.crashPoint('change:before-commit', found.intent.clientOrderId);
  const written = await recordUnlessRefused(
    context,
    given,
    (current, at): Change | null => {
      refusal = null;
      // The same command again (its worker died before it could answer): done already.
      if (knows(current, requestId)) return null;
      const decision = decide(current.actual.machine, commandOf(current, at));
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
        journal: folded.journal.map((line) => noted(line, note)),
        intent: { ...intentOf(current, at), generation: current.intent.generation + 1 },
        // A new wish does not wait for the backoff of an earlier failure.
        reconciliation: { nextAttemptAt: null },
        ...(kind === 'modify' ? { unlessHalted: true, limited: 'raise' } : {}),
      };
    },
    found,
  );
  if (written !== null && 'code' in written) return refused(written);
  if (refusal !== null) return refused(refusal);
  if (written === null) return refused(notFound(found.intent.orderId, 'orderId'));
  context.crashPoint('change:after-commit', found.intent.clientOrderId);
  if (kind === 'modify') ringIfDark(context, written.record);
  await context.waker.wake(found.intent.exchange, found.intent.orderId, kind === 'cancel' ? 'cancel' : 'submit');
  context.crashPoint('change:after-wake', found.intent.clientOrderId);
  return accepted(found.intent.orderId);
}

/** The line that says that a change is wished also says by what it was judged. */
const noted = (line: JournalRecord, note: string | null): JournalRecord =>
  note === null
    ? line
    : {
        ...line,
        entries: line.entries.map((entry) =>
          entry.type === 'REPLACE_REQUESTED' && entry.reason === null ? { ...entry, reason: note } : entry,
        ),
      };

/** The account may be halted, or its limits changed, between the check and the write: the statement that writes decides. */
async function recordUnlessRefused(
  context: CommandContext,
  given: Pick<Terms, 'size' | 'quoteSize'>,
  attempt: (current: OrderRecord, at: string) => Change | null,
  found: OrderRecord,
): Promise<Committed | UserError | null> {
  try {
    return await record(context.recorder, found.intent.orderId, attempt, found);
  } catch (error) {
    if (error instanceof AccountHaltedError) return HALTED_ORDER;
    if (error instanceof LimitExceededError) return limitExceeded(error.refusal, given);
    throw error;
  }
}

const notFound = (orderId: string, ...field: readonly string[]): UserError => ({
  code: 'NOT_FOUND',
  message: `there is no order ${orderId}`,
  field,
});
