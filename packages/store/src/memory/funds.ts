import { multiply, sum, type DecimalString } from '@orderplane/domain';
import { NotFoundError } from '../contracts.ts';
import type { AccountFunds, FundsStore } from '../contracts.ts';
import { isRecorded, type RecordedOrder } from './state.ts';
import type { MemoryTables } from './tables.ts';

export class MemoryFundsStore implements FundsStore {
  readonly #tables: MemoryTables;
  readonly #all = new Map<string, AccountFunds>();

  constructor(tables: MemoryTables) {
    this.#tables = tables;
  }

  async save(funds: AccountFunds): Promise<void> {
    if (!this.#tables.state.accounts.has(funds.accountId)) throw new NotFoundError('account', funds.accountId);
    const known = this.#all.get(funds.accountId);
    if (known === undefined || known.askedAt < funds.askedAt) this.#all.set(funds.accountId, funds);
  }

  async of(accountId: string): Promise<AccountFunds | null> {
    return this.#all.get(accountId) ?? null;
  }

  async reserved(accountId: string, asset: string, since: string, except: readonly string[]): Promise<DecimalString> {
    const amounts: DecimalString[] = [];
    for (const row of this.#tables.state.orders.values()) {
      if (!isRecorded(row) || row.intent.accountId !== accountId || except.includes(row.intent.clientOrderId)) continue;
      if (assetOf(row) === asset && isMeant(row)) amounts.push(needOf(row, since));
    }
    return sum(amounts);
  }
}

const assetOf = ({ intent: { spec } }: RecordedOrder): string | undefined =>
  spec.symbol.endsWith('-PERPETUAL') ? undefined : spec.symbol.split('-')[spec.side === 'BUY' ? 1 : 0];

const isMeant = ({ intent, derived }: RecordedOrder): boolean =>
  intent.origin === 'API' && derived.state !== 'DARK_OPEN' && derived.state !== 'TRIGGERED';

/** The same rules as `postgres/statements/reserved.ts`. */
function needOf({ intent, actual, derived }: RecordedOrder, since: string): DecimalString {
  const { spec } = intent;
  const isOpen = derived.status === 'PENDING' || derived.status === 'OPEN';
  const isNewer = intent.createdAt >= since;
  const price = spec.price ?? spec.stopPrice ?? intent.valuedAt ?? derived.average_filled_price ?? '0';
  const size = derived.size ?? '0';
  if (!isOpen && isNewer)
    return spec.side === 'SELL'
      ? derived.filled_size
      : multiply(derived.filled_size, derived.average_filled_price ?? '0');
  if (!isOpen) return '0';
  const wasSent = actual.machine.legs.some(({ sentAt }) => sentAt !== '' && sentAt < since);
  if (!isNewer && wasSent) return '0';
  return spec.side === 'SELL' ? size : (spec.quoteSize ?? multiply(size, price));
}
