import { unattributedFillId } from '@orderplane/store';
import type {
  AccountResolvers,
  UnattributedFillConnectionResolvers,
  UnattributedFillResolvers,
} from '../schema/types.generated.ts';
import { pageInfo, pageSize } from '../orders/paging.ts';

/** What the exchange was asked last, and how far the answer went. */
export const lastSyncRun: NonNullable<AccountResolvers['lastSyncRun']> = ({ id }, _, { ports }) =>
  ports.observations.lastSyncRun(id, false);

export const unattributedFills: NonNullable<AccountResolvers['unattributedFills']> = async (
  { id },
  { first, after, pendingOnly },
  { ports },
) => {
  const cursor = after ?? null;
  const page = await ports.unattributed.list(id, {
    limit: pageSize(first),
    pendingOnly: pendingOnly ?? true,
    ...(cursor === null ? {} : { after: cursor }),
  });
  return { accountId: id, ...page, hasPrevious: cursor !== null };
};

export const unattributedFillConnection: Required<UnattributedFillConnectionResolvers> = {
  nodes: ({ items }) => items,
  pageInfo: (page) => pageInfo(page.items.map(unattributedFillId), page),
  /** Counted only when asked for. */
  pendingCount: ({ accountId }, _, { ports }) => ports.unattributed.pendingCount(accountId),
};

export const unattributedFill: Required<UnattributedFillResolvers> = {
  id: (fill) => unattributedFillId(fill),
  symbol: ({ symbol }) => (symbol === '' ? null : symbol),
  exchangeOrderId: ({ exchangeOrderId }) => exchangeOrderId,
  exchangeTradeId: ({ exchangeTradeId }) => exchangeTradeId,
  exchangeClientId: ({ clientOrderId }) => clientOrderId,
  side: ({ side }) => side,
  size: ({ size }) => size,
  price: ({ price }) => price,
  fee: ({ fee }) => fee,
  liquidity: ({ liquidity }) => liquidity,
  executedAt: ({ executedAt }) => executedAt,
  firstSeenAt: ({ firstSeenAt }) => firstSeenAt,
  tries: ({ tries }) => tries,
  lastTriedAt: ({ lastTriedAt }) => lastTriedAt,
  lastError: ({ lastError }) => lastError,
  attributedAt: ({ attributedAt }) => attributedAt,
  order: ({ orderId }, _, { ports, principal }) =>
    orderId === null ? null : ports.queries.byId(principal.userId, orderId),
};
