import type { FillKey, PageRequest, UnattributedFill, UnattributedFillStore } from '../contracts.ts';
import { pageLimit, parseUnattributedFillId } from '../paging.ts';
import { compareText, key } from './state.ts';
import type { MemoryTables } from './tables.ts';

type Position = readonly [executedAt: string, symbol: string, exchangeOrderId: string, exchangeTradeId: string];

const positionOf = (fill: UnattributedFill): Position => [
  fill.executedAt,
  fill.symbol,
  fill.exchangeOrderId,
  fill.exchangeTradeId,
];
const byPosition = (a: Position, b: Position): number =>
  compareText(a[0], b[0]) || compareText(a[1], b[1]) || compareText(a[2], b[2]) || compareText(a[3], b[3]);
export const keyOf = (fill: FillKey): string =>
  key(fill.accountId, fill.symbol, fill.exchangeOrderId, fill.exchangeTradeId);

export class MemoryUnattributedFillStore implements UnattributedFillStore {
  readonly #fills: Map<string, UnattributedFill>;

  constructor(tables: MemoryTables) {
    this.#fills = tables.state.unattributed;
  }

  async add(fills: readonly UnattributedFill[]): Promise<number> {
    const before = this.#fills.size;
    for (const fill of fills) if (!this.#fills.has(keyOf(fill))) this.#fills.set(keyOf(fill), fill);
    return this.#fills.size - before;
  }

  async pending(accountId: string, limit: number): Promise<readonly UnattributedFill[]> {
    return this.#of(accountId, true)
      .sort((a, b) => compareText(a.lastTriedAt ?? '', b.lastTriedAt ?? '') || byPosition(positionOf(a), positionOf(b)))
      .slice(0, limit);
  }

  async pendingCount(accountId: string): Promise<number> {
    return this.#of(accountId, true).length;
  }

  async tried(fill: FillKey, at: string, error: string): Promise<void> {
    const known = this.#fills.get(keyOf(fill));
    if (known === undefined || known.attributedAt !== null) return;
    this.#fills.set(keyOf(fill), { ...known, tries: known.tries + 1, lastTriedAt: at, lastError: error });
  }

  async attribute(fill: FillKey, orderId: string, at: string): Promise<void> {
    const known = this.#fills.get(keyOf(fill));
    if (known === undefined || known.attributedAt !== null) return;
    this.#fills.set(keyOf(fill), { ...known, attributedAt: at, orderId, lastError: null });
  }

  async list(accountId: string, page: PageRequest & { readonly pendingOnly: boolean }) {
    const limit = pageLimit(page);
    const after = page.after === undefined ? null : parseUnattributedFillId(page.after);
    const items = this.#of(accountId, page.pendingOnly)
      .filter((fill) => after === null || byPosition(positionOf(fill), after) < 0)
      .sort((a, b) => byPosition(positionOf(b), positionOf(a)));
    return { items: items.slice(0, limit), hasNext: items.length > limit };
  }

  #of(accountId: string, pendingOnly: boolean): UnattributedFill[] {
    return [...this.#fills.values()].filter(
      (fill) => fill.accountId === accountId && (!pendingOnly || fill.attributedAt === null),
    );
  }
}
