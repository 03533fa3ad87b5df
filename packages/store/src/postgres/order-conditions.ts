import { Prisma } from '../generated/client.ts';
import type { OrderFilter } from '../contracts.ts';

/** WHERE parts over `orders o`. The user comes first in every one: nobody sees or counts another's orders. An empty list matches nothing. */
export function orderConditions(filter: OrderFilter): Prisma.Sql[] {
  const conditions = [Prisma.sql`o.user_id = ${filter.userId}`, Prisma.sql`o.version IS NOT NULL`];
  const oneOf = (column: string, values: readonly string[] | undefined): void => {
    if (values !== undefined) conditions.push(Prisma.sql`${Prisma.raw(column)} = ANY(${[...values]}::text[])`);
  };
  const equal = (column: string, value: string | undefined): void => {
    if (value !== undefined) conditions.push(Prisma.sql`${Prisma.raw(column)} = ${value}`);
  };
  oneOf('o.account_id', filter.accountIds);
  oneOf('o.exchange', filter.exchanges);
  oneOf('o.symbol', filter.symbols);
  oneOf('o.status', filter.statuses);
  oneOf('o.state', filter.states);
  oneOf('o.reconciliation_status', filter.reconciliation);
  equal('o.group_id', filter.groupId);
  equal('o.session_id', filter.sessionId);
  equal('o.side', filter.side);
  equal('o.mode', filter.mode);
  if (filter.clientOrderId !== undefined) {
    // Through the accounts of the user, for the index is on (account, client order id).
    conditions.push(Prisma.sql`o.client_order_id = ${filter.clientOrderId} AND ${ownAccount(filter.userId)}`);
  }
  if (filter.exchangeOrderId !== undefined) {
    conditions.push(Prisma.sql`o.id IN (
      SELECT l.order_id FROM order_leg_ids l JOIN accounts a ON a.id = l.account_id
      WHERE a.user_id = ${filter.userId} AND l.venue_order_id = ${filter.exchangeOrderId})`);
  }
  if (filter.createdAfter !== undefined) {
    conditions.push(Prisma.sql`o.created_at > ${filter.createdAfter}::timestamptz`);
  }
  if (filter.createdBefore !== undefined) {
    conditions.push(Prisma.sql`o.created_at < ${filter.createdBefore}::timestamptz`);
  }
  return conditions;
}

const ownAccount = (userId: string): Prisma.Sql =>
  Prisma.sql`o.account_id IN (SELECT id FROM accounts WHERE user_id = ${userId})`;
