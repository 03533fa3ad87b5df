import { createHash } from 'node:crypto';
import type { UserError } from '@orderplane/domain';
import type { CommandResult, OrderCommand, PlaceInput } from '@orderplane/queues';
import {
  CommandOverError,
  LimitExceededError,
  NotFoundError,
  type Account,
  type NewOrder,
  type OrderGroup,
  type OrderRecord,
} from '@orderplane/store';
import { checkGroup } from '../checks/group.ts';
import { checkPlace, type Passed } from '../checks/place.ts';
import { accepted, refused, userError, type CommandContext } from '../context.ts';
import { ringIfDark } from '../dark.ts';
import { hashOf, newOrder, noAccount, refusalOf, wishOf } from './place.ts';
import { isRepeat, notAccepted, purgedOrder } from './repeats.ts';

type PlaceGroup = Extract<OrderCommand, { kind: 'placeGroup' }>;

/**
 * Accepts a group of orders, all or none: every order passes every check, and one transaction writes the group and all
 * of them. A repeat (the same orders under the same client order ids, in the same order) gives the first group.
 */
export async function placeGroup(context: CommandContext, command: PlaceGroup): Promise<CommandResult> {
  const { ledger } = context.recorder;
  const accountId = command.orders[0]?.accountId ?? '';
  const account = await context.access.account(accountId);
  if (account === null || account.userId !== command.userId) return refused(ofMember(0, noAccount(accountId)));
  const requestHash = groupHash(command);
  const verdict = checkGroup(command.orders) ?? (await checkMembers(context, account, command.orders));
  if ('code' in verdict) return refuseGroup(context, command.orders, requestHash, verdict);
  const { group, orders } = newGroup(context, account, command, requestHash, verdict);
  const crashKey = command.orders[0]?.clientOrderId ?? '';
  context.crashPoint('placeGroup:before-commit', crashKey);
  try {
    for (const result of await ledger.groups.place(group, orders, command.time)) {
      if (result.kind === 'committed')
        context.recorder.listener.committed(result.record, result.firstCursor, result.lastCursor);
    }
  } catch (error) {
    // It was unlinked since it was looked at.
    if (error instanceof NotFoundError) return refused(ofMember(0, noAccount(accountId)));
    const index = blamed(error, orders);
    const input = command.orders[index];
    const refusal = input === undefined ? null : (twinRefusal(error, orders) ?? refusalOf(error, account, input));
    if (refusal !== null) return refuseGroup(context, command.orders, requestHash, ofMember(index, refusal));
    if (!isRepeat(error)) throw error;
    const repeated = await repeatedGroup(context, command.orders, requestHash);
    if (repeated === null) throw error instanceof CommandOverError ? notAccepted(error) : error;
    return repeated;
  } finally {
    for (const { release } of verdict) release();
  }
  context.crashPoint('placeGroup:after-commit', crashKey);
  const orderIds = orders.map(({ record }) => record.intent.orderId);
  for (const { record } of orders) ringIfDark(context, record);
  void context.waker
    .wakeMany(account.exchange, orderIds, 'submit')
    .then(() => context.crashPoint('placeGroup:after-wake', crashKey));
  return accepted(...orderIds);
}

/** The error of an order is that of the same order placed alone, at its place in the list. */
const ofMember = (index: number, error: UserError): UserError => ({
  ...error,
  field: ['input', 'orders', String(index), ...(error.field ?? []).slice(1)],
});

/** The order that exceeds a limit; of everything else the first. */
const blamed = (error: unknown, orders: readonly NewOrder[]): number =>
  error instanceof LimitExceededError
    ? Math.max(
        orders.findIndex(({ record }) => record.intent.orderId === error.orderId),
        0,
      )
    : 0;

/** The order that it doubles is one of the group, which is not placed: nobody could find it by its id. Null: it is not. */
function twinRefusal(error: unknown, orders: readonly NewOrder[]): UserError | null {
  if (!(error instanceof LimitExceededError) || error.refusal.kind !== 'duplicate') return null;
  const { orderId } = error.refusal;
  const twin = orders.findIndex(({ record }) => record.intent.orderId === orderId);
  return twin < 0
    ? null
    : userError(
        'DUPLICATE_ORDER',
        `orders.${twin} of this group has the same symbol, side and price, and the account rejects duplicates: give another price to one of them`,
        'price',
      );
}

/** One for each order, or the first refusal. */
async function checkMembers(
  context: CommandContext,
  account: Account,
  orders: readonly PlaceInput[],
): Promise<UserError | readonly Passed[]> {
  const passed: Passed[] = [];
  for (const [index, input] of orders.entries()) {
    const { spec, held } = wishOf(context, account, input);
    const verdict = await checkPlace(context, account, input, spec, held);
    if ('code' in verdict) {
      for (const { release } of passed) release();
      return ofMember(index, verdict);
    }
    passed.push(verdict);
  }
  return passed;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The client order ids are the key of the request, not part of it. */
const groupHash = ({ groupKind, onPartialFill, orders }: PlaceGroup): string =>
  sha256(JSON.stringify([groupKind, onPartialFill, orders.map(hashOf)]));

/** So that an order of a group is not taken for the same order placed alone, nor for another one of the group. */
const memberHash = (requestHash: string, index: number): string => sha256(`${requestHash} ${index}`);

function newGroup(
  context: CommandContext,
  account: Account,
  { groupKind, onPartialFill, orders: inputs }: PlaceGroup,
  requestHash: string,
  passed: readonly Passed[],
): { readonly group: OrderGroup; readonly orders: readonly NewOrder[] } {
  const groupId = context.newId();
  // All are created in one instant and listed by id then: sorted ids keep the order of the request.
  const orderIds = inputs.map(() => context.newId()).sort();
  return {
    group: {
      groupId,
      userId: account.userId,
      accountId: account.id,
      kind: groupKind,
      onPartialFill,
      requestHash,
      createdAt: context.clock.iso(),
      conflict: null,
    },
    orders: inputs.map((input, index) =>
      newOrder(
        context,
        account,
        input,
        {
          ...wishOf(context, account, input),
          valuedAt: passed[index]?.valuedAt ?? null,
          note: passed[index]?.note ?? null,
        },
        memberHash(requestHash, index),
        { groupId, orderId: orderIds[index] ?? context.newId() },
      ),
    ),
  };
}

/** As with one order: recorded before it is told. */
async function refuseGroup(
  context: CommandContext,
  orders: readonly PlaceInput[],
  requestHash: string,
  refusal: UserError,
): Promise<CommandResult> {
  const requests = orders.map(({ clientOrderId }, index) => ({
    clientOrderId,
    requestHash: memberHash(requestHash, index),
  }));
  await context.recorder.ledger.refuse(orders[0]?.accountId ?? '', requests);
  return (await repeatedGroup(context, orders, requestHash)) ?? refused(refusal);
}

/** What to answer when some of these client order ids are known; null when none is. */
async function repeatedGroup(
  context: CommandContext,
  orders: readonly PlaceInput[],
  requestHash: string,
): Promise<CommandResult | null> {
  const { ledger } = context.recorder;
  const earlier: readonly (OrderRecord | null)[] = await Promise.all(
    orders.map(({ accountId, clientOrderId }) => ledger.findByClientOrderId(accountId, clientOrderId)),
  );
  const taken = earlier.findIndex((order) => order !== null);
  if (taken < 0) return purgedGroup(context, orders, requestHash);
  const orderIds = earlier.flatMap((order, index) =>
    order !== null && order.intent.requestHash === memberHash(requestHash, index) ? [order.intent.orderId] : [],
  );
  if (orderIds.length === orders.length) return accepted(...orderIds);
  return refused(
    userError(
      'ALREADY_EXISTS',
      `clientOrderId ${orders[taken]?.clientOrderId} belongs to another request (order ${earlier[taken]?.intent.orderId}): use a new one`,
      'orders',
      String(taken),
      'clientOrderId',
    ),
  );
}

/** The orders of a group are purged together: of a repeat all are known, or some belong to something else. */
async function purgedGroup(
  context: CommandContext,
  orders: readonly PlaceInput[],
  requestHash: string,
): Promise<CommandResult | null> {
  const errors = await Promise.all(
    orders.map((order, index) => purgedOrder(context, order, memberHash(requestHash, index))),
  );
  for (const [index, error] of errors.entries()) {
    if (error !== null) return refused(ofMember(index, error));
  }
  return null;
}
