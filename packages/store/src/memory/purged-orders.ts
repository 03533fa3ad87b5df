import type { LateFill, PurgedOrder, PurgedOrders, VenueName } from '../contracts.ts';
import { clientOrderName, fillName, legName, venueName } from '../retention.ts';
import { key } from './state.ts';
import type { MemoryTables } from './tables.ts';
import { keyOf } from './unattributed.ts';

export class MemoryPurgedOrders implements PurgedOrders {
  readonly #tables: MemoryTables;

  constructor(tables: MemoryTables) {
    this.#tables = tables;
  }

  async byClientOrderId(accountId: string, clientOrderId: string): Promise<PurgedOrder | null> {
    return this.#find(accountId, [clientOrderName(clientOrderId)]);
  }

  async byVenueNames(accountId: string, names: readonly VenueName[]): Promise<readonly (PurgedOrder | null)[]> {
    return names.map(({ venueOrderId, symbol, venueClientId }) =>
      this.#find(accountId, [
        venueName(venueOrderId, symbol),
        ...(venueClientId === null ? [] : [legName(venueClientId)]),
      ]),
    );
  }

  async bookLate(accountId: string, fills: readonly LateFill[]): Promise<number> {
    const { purged, purgedNames, unattributed } = this.#tables.state;
    let added = 0;
    for (const { orderId, fill } of fills) {
      if (!purged.has(orderId)) continue;
      const name = key(accountId, fillName(orderId, fill.exchangeTradeId));
      const waiting = unattributed.get(keyOf(fill));
      const kept = { attributedAt: fill.firstSeenAt, orderId, lastError: null };
      if (waiting?.attributedAt === null) unattributed.set(keyOf(fill), { ...waiting, ...kept });
      if (purgedNames.has(name)) continue;
      purgedNames.set(name, orderId);
      added += 1;
      if (waiting === undefined) unattributed.set(keyOf(fill), { ...fill, ...kept, tries: 0, lastTriedAt: null });
    }
    return added;
  }

  #find(accountId: string, names: readonly string[]): PurgedOrder | null {
    const { purged, purgedNames } = this.#tables.state;
    const orderId = names.map((name) => purgedNames.get(key(accountId, name))).find((id) => id !== undefined);
    return orderId === undefined ? null : (purged.get(orderId) ?? null);
  }
}
