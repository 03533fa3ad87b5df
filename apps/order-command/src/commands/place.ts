import { createHash } from 'node:crypto';
import type { OrderSpec, UserError } from '@orderplane/domain';
import type { CommandResult, OrderCommand, PlaceInput } from '@orderplane/queues';
import { Folding, observedGeneration } from '@orderplane/planner';
import { born, type MachineEvent } from '@orderplane/state-machine';
import {
  AccountHaltedError,
  CommandOverError,
  exchangeSpec,
  LimitExceededError,
  PLACED_SIZE,
  NotFoundError,
  type Account,
  type JournalRecord,
  type OrderRecord,
} from '@orderplane/store';
import { limitExceeded } from '../checks/limits.ts';
import { checkPlace, type Passed } from '../checks/place.ts';
import { isHalted } from '../checks/standing.ts';
import { accepted, refused, userError, type CommandContext } from '../context.ts';
import { heldAs, ringIfDark, type Held } from '../dark.ts';
import { earlierAnswer, isRepeat, notAccepted, refuse } from './repeats.ts';

type Place = Extract<OrderCommand, { kind: 'place' }>;

/**
 * Accepts a new order: durable when this returns it. A repeat of the same request gives the first order, whatever has
 * changed since: it is recognized when it is written, or before it is refused for another reason. A refusal is final: when
 * this returns it, no earlier try of the same request can be accepted any more.
 */
export async function place(context: CommandContext, { userId, input, time }: Place): Promise<CommandResult> {
  const { ledger } = context.recorder;
  const account = await context.access.account(input.accountId);
  if (account === null || account.userId !== userId) return refused(noAccount(input.accountId));
  const requestHash = hashOf(input);
  const wished = wishOf(context, account, input);
  const verdict = await checkPlace(context, account, input, wished.spec, wished.held);
  if ('code' in verdict) return refuse(context, input, requestHash, verdict);
  const { record, journal } = newOrder(context, account, input, { ...wished, ...verdict }, requestHash);
  context.crashPoint('place:before-commit', input.clientOrderId);
  try {
    const result = await ledger.place(record, journal, { time });
    if (result.kind === 'committed')
      context.recorder.listener.committed(result.record, result.firstCursor, result.lastCursor);
  } catch (error) {
    // It was unlinked since it was looked at.
    if (error instanceof NotFoundError) return refused(noAccount(input.accountId));
    const refusal = refusalOf(error, account, input);
    if (refusal !== null) return refuse(context, input, requestHash, refusal);
    if (!isRepeat(error)) throw error;
    // The client order id was there already: whoever came first is the order, and a repeat is not judged anew.
    const earlier = await earlierAnswer(context, input, requestHash);
    if (earlier === null) throw error instanceof CommandOverError ? notAccepted(error) : error;
    return earlier;
  } finally {
    verdict.release();
  }
  context.crashPoint('place:after-commit', input.clientOrderId);
  ringIfDark(context, record);
  // On its way before the answer is; not waited for, since the order does not depend on it: the resync wakes it too.
  void context.waker
    .wake(account.exchange, record.intent.orderId, 'submit')
    .then(() => context.crashPoint('place:after-wake', input.clientOrderId));
  return accepted(record.intent.orderId);
}

/** What the write itself has judged; null: it failed for another reason. */
export function refusalOf(error: unknown, account: Account, input: PlaceInput): UserError | null {
  // It was halted since it was looked at.
  if (error instanceof AccountHaltedError) return isHalted(account);
  return error instanceof LimitExceededError ? limitExceeded(error.refusal, input) : null;
}

export const noAccount = (accountId: string): UserError =>
  userError('NOT_FOUND', `there is no account ${accountId}`, 'accountId');

/** The same order in another key order or notation ("1.0", "1") is the same request; the client order id is the key, not part of it. */
export const hashOf = (input: PlaceInput): string => {
  const { clientOrderId: _key, mode = 'LIVE', ...rest } = input;
  const request = mode === 'LIVE' ? rest : { ...rest, mode };
  const ordered = Object.fromEntries(Object.entries(request).sort(([a], [b]) => (a < b ? -1 : 1)));
  return createHash('sha256').update(JSON.stringify(ordered)).digest('hex');
};

/** What is to be placed, and where it is to wait. */
export interface Wish {
  readonly spec: OrderSpec;
  readonly held: Held;
}

export function wishOf(context: CommandContext, account: Account, input: PlaceInput): Wish {
  const held = heldAs(context.capabilities(account.exchange), input, context.clock.iso());
  return { spec: specOf(input, held), held };
}

const specOf = (input: PlaceInput, { mode }: Held): OrderSpec => ({
  symbol: input.symbol,
  side: input.side,
  type: input.type,
  size: input.size,
  quoteSize: input.quoteSize,
  price: input.price,
  stopPrice: input.stopPrice,
  // A market order ends at once by itself; GTC and IOC mean the same for it. Its time counts only while it waits here.
  timeInForce: input.type !== 'MARKET' || (mode === 'DARK' && input.timeInForce === 'GTT') ? input.timeInForce : 'GTC',
  expiresAt: input.expiresAt,
  postOnly: input.postOnly,
  reduceOnly: input.reduceOnly,
});

/** `group`: the order is one of a group. */
export function newOrder(
  context: CommandContext,
  account: Account,
  input: PlaceInput,
  { spec, held, valuedAt, note }: Wish & Omit<Passed, 'release'>,
  requestHash: string,
  group: { readonly groupId: string; readonly orderId: string } | null = null,
): { readonly record: OrderRecord; readonly journal: readonly JournalRecord[] } {
  const at = context.clock.iso();
  const created: MachineEvent = {
    type: 'Created',
    // Of a stop that waits here the exchange never sees more than what it becomes.
    kind: { type: exchangeSpec({ spec, ...held }).type, timeInForce: spec.timeInForce },
    terms: { size: spec.size, quoteSize: spec.quoteSize, price: spec.price, stopPrice: spec.stopPrice },
    at,
    source: 'client',
  };
  const birth = born(created);
  const folding = new Folding(birth.order, { at, visibilityDelayMs: 0 });
  folding.apply({ type: 'Validated' }, 'system');
  if (held.mode === 'DARK') folding.apply({ type: 'Armed' }, 'system');
  const { machine, journal } = folding.result();
  const orderId = group?.orderId ?? context.newId();
  return {
    record: {
      intent: {
        orderId,
        accountId: account.id,
        userId: account.userId,
        exchange: account.exchange,
        clientOrderId: input.clientOrderId,
        requestHash,
        origin: 'API',
        ...held,
        generation: 1,
        spec,
        groupId: group?.groupId ?? null,
        ...(valuedAt === null ? {} : { valuedAt }),
        createdSessionId: null,
        sessionId: null,
        // What a group takes away is taken from what was placed, which changes of the order hide.
        metadata: group === null || spec.size === null ? {} : { [PLACED_SIZE]: spec.size },
        createdAt: at,
        updatedAt: at,
      },
      actual: {
        orderId,
        version: 1,
        machine,
        reconciliation: {
          status: held.mode === 'DARK' ? 'IN_SYNC' : 'PROGRESSING',
          observedGeneration: observedGeneration(machine, 1),
          attempts: 0,
          nextAttemptAt: null,
          lastError: null,
          lastEvidenceAt: null,
          absentLookups: [],
        },
        createdAt: at,
        updatedAt: at,
      },
    },
    journal: [{ event: created, entries: birth.journal }, ...journal.map((line) => noted(line, note))],
  };
}

/** The line that says that the order was found valid also says by what. */
const noted = (line: JournalRecord, note: string | null): JournalRecord =>
  note === null || line.event.type !== 'Validated'
    ? line
    : { ...line, entries: line.entries.map((entry) => ({ ...entry, reason: note })) };
