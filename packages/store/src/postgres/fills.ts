import { canonicalDecimal } from '@orderplane/domain';
import { Prisma } from '../generated/client.ts';
import type { StoredFill } from '../contracts.ts';
import { fillId } from '../paging.ts';

export const fillColumns = Prisma.raw(
  'f.order_id, f.trade_id, f.size, f.price, f.fee_currency, f.fee_cost, f.liquidity, f.executed_at',
);

export interface FillQueryRow {
  readonly order_id: string;
  readonly trade_id: string;
  readonly size: Prisma.Decimal;
  readonly price: Prisma.Decimal;
  readonly fee_currency: string | null;
  readonly fee_cost: Prisma.Decimal | null;
  readonly liquidity: 'MAKER' | 'TAKER' | null;
  readonly executed_at: Date;
}

/** Prisma's decimals are exact, but print exponents: toFixed() does not. */
export const decimalString = (value: Prisma.Decimal): string => canonicalDecimal(value.toFixed());

export const toStoredFill = (row: FillQueryRow): StoredFill => ({
  id: fillId(row.order_id, row.trade_id),
  orderId: row.order_id,
  exchangeTradeId: row.trade_id,
  size: decimalString(row.size),
  price: decimalString(row.price),
  fee:
    row.fee_currency === null || row.fee_cost === null
      ? null
      : { currency: row.fee_currency, cost: decimalString(row.fee_cost) },
  liquidity: row.liquidity,
  executedAt: row.executed_at.toISOString(),
});
