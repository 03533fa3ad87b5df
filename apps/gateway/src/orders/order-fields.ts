import {
  averagePrice,
  cumQty,
  feesByCurrency,
  filledValue,
  leavesQty,
  pendingRequests,
  status,
} from '@orderplane/state-machine';
import type { OrderResolvers } from '../schema/types.generated.ts';
import { requestError } from '../server/errors.ts';
import { eventPage } from './events.ts';
import { fillPage } from './fills.ts';
import { latencyOf } from './latency.ts';
import { legsOf } from './legs.ts';
import { MAX_PAGE, pageSize } from './paging.ts';
import { triggerOf } from './trigger-fields.ts';

/**
 * Order, read off the record: terms and sizes are those proved at the exchange, so that size = filled + remaining; a
 * change that is still wished for shows in `pendingRequests`.
 */
export const orderFields: Required<OrderResolvers> = {
  id: ({ intent }) => intent.orderId,
  account: async ({ intent }, _, { loaders }) => {
    const account = await loaders.account.load(intent.accountId);
    if (account === null) throw requestError('NOT_FOUND', `account ${intent.accountId} does not exist`);
    return account;
  },
  exchange: ({ intent }) => intent.exchange,
  exchangeOrderId: ({ actual }) =>
    actual.machine.legs.findLast((leg) => leg.venueOrderIds.length > 0)?.venueOrderIds.at(-1) ?? null,
  clientOrderId: ({ intent }) => intent.clientOrderId,
  symbol: ({ intent }) => intent.spec.symbol,
  side: ({ intent }) => intent.spec.side,
  type: ({ intent }) => intent.spec.type,
  timeInForce: ({ intent }) => intent.spec.timeInForce,
  mode: ({ intent }) => intent.mode,
  origin: ({ intent }) => intent.origin,
  status: ({ actual }) => status(actual.machine),
  state: ({ actual }) => actual.machine.life,
  pendingRequests: ({ actual }) =>
    pendingRequests(actual.machine).map(({ kind, requestedAt, sentAt }) => ({
      kind: kind === 'cancel' ? 'CANCEL' : 'REPLACE',
      requestedAt,
      sentAt,
    })),
  size: ({ actual }) => actual.machine.terms.size,
  filledSize: ({ actual }) => cumQty(actual.machine),
  remainingSize: ({ actual }) => leavesQty(actual.machine),
  price: ({ actual }) => actual.machine.terms.price,
  stopPrice: ({ actual }) => actual.machine.terms.stopPrice,
  averageFilledPrice: ({ actual }) => averagePrice(actual.machine),
  quoteSize: ({ actual }) => actual.machine.terms.quoteSize,
  filledValue: ({ actual }) => filledValue(actual.machine),
  fees: ({ actual }) => feesByCurrency(actual.machine),
  postOnly: ({ intent }) => intent.spec.postOnly,
  reduceOnly: ({ intent }) => intent.spec.reduceOnly,
  expiresAt: ({ intent }) => intent.spec.expiresAt,
  trigger: ({ intent, actual }) => triggerOf(intent, actual),
  group: ({ intent }, _, { loaders }) => (intent.groupId === null ? null : loaders.group.load(intent.groupId)),
  session: ({ intent }, _, { loaders }) => (intent.sessionId === null ? null : loaders.session.load(intent.sessionId)),
  createdSession: ({ intent }, _, { loaders }) =>
    intent.createdSessionId === null ? null : loaders.session.load(intent.createdSessionId),
  reconciliation: (record) => record,
  latency: async (record, _, { loaders }) => {
    const events = await loaders.events.load({ orderId: record.intent.orderId, limit: MAX_PAGE, after: null });
    return latencyOf(record, events.items);
  },
  reason: ({ actual }) => actual.machine.end?.reason ?? null,
  legs: ({ actual }) => legsOf(actual.machine),
  createdAt: ({ intent }) => intent.createdAt,
  updatedAt: ({ intent, actual }) => (intent.updatedAt > actual.updatedAt ? intent.updatedAt : actual.updatedAt),
  events: ({ intent }, { first, after }, { loaders }) =>
    eventPage(loaders, intent.orderId, pageSize(first), after ?? null),
  fills: (record, { first, after }) => fillPage(record, pageSize(first), after ?? null),
};
