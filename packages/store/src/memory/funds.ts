import { multiply, sum, type DecimalString } from '@orderplane/domain';
import { NotFoundError } from '../contracts.ts';
import type { AccountFunds, FundsStore, Reserved } from '../contracts.ts';
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

  async reserved(
    accountId: string,
    asset: string,
    reading: Pick<AccountFunds, 'askedAt' | 'answeredAt'>,
    except: readonly string[],
  ): Promise<Reserved> {
    const sure: DecimalString[] = [];
    const possible: DecimalString[] = [];
    for (const row of this.#tables.state.orders.values()) {
      if (!isRecorded(row) || row.intent.accountId !== accountId || except.includes(row.intent.clientOrderId)) continue;
      if (assetOf(row) !== asset || !isMeant(row)) continue;
      if (isSure(row, reading.answeredAt)) sure.push(needOf(row));
      else if (isOpen(row) && !this.#wasThere(row, reading.askedAt)) possible.push(needOf(row));
    }
    return { sure: sum(sure), possible: sum(possible) };
  }

  #wasThere({ intent: { accountId, orderId } }: RecordedOrder, askedAt: string): boolean {
    const lines = this.#tables.state.journals.get(accountId) ?? [];
    return lines.some(
      (line) =>
        line.orderId === orderId &&
        line.at < askedAt &&
        (line.entry?.type === 'ORDER_ACKNOWLEDGED' || line.entry?.type === 'ORDER_PARTIALLY_FILLED'),
    );
  }
}

const assetOf = ({ intent: { spec } }: RecordedOrder): string | undefined =>
  spec.symbol.endsWith('-PERPETUAL') ? undefined : spec.symbol.split('-')[spec.side === 'BUY' ? 1 : 0];

const isMeant = ({ intent, derived }: RecordedOrder): boolean =>
  intent.origin === 'API' && derived.state !== 'DARK_OPEN' && derived.state !== 'TRIGGERED';

const isOpen = ({ derived }: RecordedOrder): boolean => derived.status === 'PENDING' || derived.status === 'OPEN';

/** The same rules as `postgres/statements/reserved.ts`. */
const isSure = (row: RecordedOrder, answeredAt: string): boolean =>
  row.intent.createdAt >= answeredAt ||
  (isOpen(row) && !row.actual.machine.legs.some(({ sentAt }) => sentAt !== '' && sentAt < answeredAt));

function needOf(row: RecordedOrder): DecimalString {
  const { intent, derived } = row;
  const { spec } = intent;
  if (!isOpen(row))
    return spec.side === 'SELL'
      ? derived.filled_size
      : multiply(derived.filled_size, derived.average_filled_price ?? '0');
  const price = spec.price ?? spec.stopPrice ?? intent.valuedAt ?? derived.average_filled_price ?? '0';
  const size = derived.size ?? '0';
  return spec.side === 'SELL' ? size : (spec.quoteSize ?? multiply(size, price));
}
