import type { ExchangeId } from '@orderplane/domain';
import type { ArmedOrder, DarkOrderStore, PriceNeed } from '../contracts.ts';
import { compareText, key } from './state.ts';
import type { MemoryTables } from './tables.ts';

export class MemoryDarkOrderStore implements DarkOrderStore {
  readonly #tables: MemoryTables;

  constructor(tables: MemoryTables) {
    this.#tables = tables;
  }

  async needs(): Promise<readonly PriceNeed[]> {
    const needs = new Map<string, PriceNeed>();
    for (const { exchange, trigger } of this.#all()) {
      const at = key(exchange, trigger.symbol);
      needs.set(at, { exchange, symbol: trigger.symbol, armed: (needs.get(at)?.armed ?? 0) + 1 });
    }
    return [...needs.values()].sort((a, b) => compareText(a.exchange, b.exchange) || compareText(a.symbol, b.symbol));
  }

  async armed(exchange: ExchangeId, symbol: string, armedSince: string | null): Promise<readonly ArmedOrder[]> {
    return this.#all()
      .filter(
        (one) =>
          one.exchange === exchange &&
          one.trigger.symbol === symbol &&
          (armedSince === null || one.trigger.armedAt >= armedSince),
      )
      .sort((a, b) => compareText(a.trigger.armedAt, b.trigger.armedAt) || compareText(a.orderId, b.orderId));
  }

  #all(): ArmedOrder[] {
    return [...this.#tables.state.unsettled].flatMap((orderId) => {
      const row = this.#tables.state.orders.get(orderId);
      const trigger = row?.intent.trigger;
      if (row?.derived?.state !== 'DARK_OPEN' || trigger === undefined) return [];
      return [{ orderId, exchange: row.intent.exchange, trigger }];
    });
  }
}
