import type { ExchangeId } from '@orderplane/domain';
import type { ArmedOrder, DarkOrderStore, OrderTrigger, PriceNeed } from '../contracts.ts';
import { Prisma } from '../generated/client.ts';
import type { Sql } from './sql.ts';

/** Word for word the predicate of orders_armed_idx. */
const isArmed = Prisma.raw(`o.state = 'DARK_OPEN' AND o.trigger IS NOT NULL`);

export class PostgresDarkOrderStore implements DarkOrderStore {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  async needs(): Promise<readonly PriceNeed[]> {
    const rows = await this.#sql.$queryRaw<{ exchange: ExchangeId; symbol: string; armed: bigint }[]>`
      SELECT o.exchange, o.trigger->>'symbol' AS symbol, count(*) AS armed FROM orders o WHERE ${isArmed}
      GROUP BY o.exchange, o.trigger->>'symbol' ORDER BY o.exchange COLLATE "C", (o.trigger->>'symbol') COLLATE "C"`;
    return rows.map(({ exchange, symbol, armed }) => ({ exchange, symbol, armed: Number(armed) }));
  }

  async armed(exchange: ExchangeId, symbol: string, armedSince: string | null): Promise<readonly ArmedOrder[]> {
    const rows = await this.#sql.$queryRaw<{ id: string; trigger: OrderTrigger }[]>`
      SELECT o.id, o.trigger FROM orders o
      WHERE ${isArmed} AND o.exchange = ${exchange} AND o.trigger->>'symbol' = ${symbol}
        AND (o.trigger->>'armedAt') COLLATE "C" >= ${armedSince ?? ''}
      ORDER BY (o.trigger->>'armedAt') COLLATE "C", o.id`;
    return rows.map(({ id, trigger }) => ({ orderId: id, exchange, trigger }));
  }
}
