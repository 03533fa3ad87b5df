import type { QueryResolvers } from '../schema/types.generated.ts';
import { ownAccount } from '../access/roles.ts';
import { pageSize } from '../orders/paging.ts';
import { encodeAlertCursor } from '../subscriptions/cursor.ts';

export const alerts: NonNullable<QueryResolvers['alerts']> = async (
  _,
  { accountId, status, first, after },
  context,
) => {
  const limit = pageSize(first);
  const account = await ownAccount(context, accountId);
  const filter = { userId: context.principal.userId, accountId: account.id, ...(status ? { status } : {}) };
  const updatesCursor = encodeAlertCursor(await context.ports.alerts.positions([account.id]));
  const page = await context.ports.alerts.page(filter, after ? { limit, after } : { limit });
  return { entries: page.alerts, hasNext: page.hasNext, hasPrevious: Boolean(after), updatesCursor };
};
