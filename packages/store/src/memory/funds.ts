import type { DecimalString } from '@orderplane/domain';
import { NotFoundError } from '../contracts.ts';
import type { AccountFunds, FundsStore } from '../contracts.ts';
import { reservedBy } from '../reserved-amounts.ts';
import { isRecorded } from './state.ts';
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
    const own = [...this.#tables.state.orders.values()].filter(isRecorded);
    return reservedBy(
      own.filter(({ intent }) => intent.accountId === accountId),
      { asset, since, except },
    );
  }
}
