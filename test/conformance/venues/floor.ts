import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExchangeId } from '@orderplane/domain';
import { capabilitiesOf, drawCredentials } from '@orderplane/exchange/capabilities';
import { hashToken, parseKeyRing, sealCredentials } from '@orderplane/store';
import { z } from 'zod';
import { eventually, request } from '../../support/client.ts';
import { marketOf } from '../../support/desk.ts';
import type { Market, MarketView } from '../../support/desk.ts';
import type { System } from '../../support/system.ts';

/** An account of ours at one exchange, for one card at a time. */
export interface CardAccount {
  readonly id: string;
  readonly exchange: ExchangeId;
  /** Its first key, under which the exchange keeps it, whatever key opens it now. */
  readonly apiKey: string;
  readonly secret: string;
  readonly passphrase: string | undefined;
}

/** Markets of things that are delivered, and markets of positions. */
export type Pool = 'spot' | 'contracts';

/** Quotes in which a test order of the usual worth makes sense. */
const QUOTES = new Set(['USDT', 'USD', 'USDC', 'EUR']);

/**
 * What cards of one exchange share: accounts, each used by one card at a time, and markets, each with one card that may
 * move its price. What a card leaves behind in disorder is thrown away.
 */
export class Floor {
  readonly exchange: ExchangeId;
  readonly #system: System;
  readonly #accounts: CardAccount[] = [];
  readonly #pools: Readonly<Record<Pool, string[]>> = { spot: [], contracts: [] };
  readonly #views = new Map<string, MarketView>();
  #waiting: (() => void)[] = [];
  /** At the exchange only: the other side of trades that a card brings about. */
  stranger = '';

  constructor(system: System, exchange: ExchangeId) {
    this.#system = system;
    this.exchange = exchange;
  }

  /** `accounts`: as many as cards of this exchange run at once. */
  async open(accounts: number, avoided: ReadonlySet<string>): Promise<void> {
    const { markets } = await eventually(
      () =>
        request<{ markets: MarketView[] }>(
          this.#system.trader,
          'query ($exchange: String!) { markets(exchange: $exchange) { symbol priceStep sizeStep minSize minNotional } }',
          { exchange: this.exchange },
        ),
      (read) => read.markets.length > 0,
      `${this.exchange} has markets`,
    );
    for (const market of markets) {
      const [, quote = '', contract] = market.symbol.split('-');
      if (!QUOTES.has(quote) || avoided.has(market.symbol)) continue;
      this.#views.set(market.symbol, market);
      this.#pools[contract === undefined ? 'spot' : 'contracts'].push(market.symbol);
    }
    const { apiKey, secret, passphrase } = drawCredentials(capabilitiesOf(this.exchange).credentials);
    await this.#system.venue.register({ exchange: this.exchange, apiKey, secret, passphrase });
    this.stranger = apiKey;
    this.#accounts.push(...(await Promise.all(Array.from({ length: accounts }, () => this.#newAccount()))));
  }

  async takeAccount(): Promise<CardAccount> {
    return this.#accounts.pop() ?? this.#newAccount();
  }

  /** Only what is in order comes back. */
  giveAccount(account: CardAccount): void {
    this.#accounts.push(account);
  }

  /** Waits until so many are free. */
  async takeMarkets(pool: Pool, count: number, accountId: string): Promise<readonly Market[]> {
    const free = this.#pools[pool];
    while (free.length < count)
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    const symbols = free.splice(0, count);
    const prices = await this.#system.venue.prices(this.exchange);
    return symbols.map((symbol) => {
      const view = this.#views.get(symbol);
      const price = prices[symbol];
      if (view === undefined || price === undefined) throw new Error(`${this.exchange} has no ${symbol}`);
      return marketOf(this.exchange, accountId, view, price.last);
    });
  }

  /** With the price that it had before. */
  async giveMarket(market: Market): Promise<void> {
    await this.#system.venue.price(this.exchange, market.symbol, market.last);
    this.#pools[market.symbol.split('-').length > 2 ? 'contracts' : 'spot'].push(market.symbol);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** A row for us, a key for the exchange; ready when its stream is up and it has been looked at. */
  async #newAccount(): Promise<CardAccount> {
    const { store, stack, venue } = this.#system;
    const { apiKey, secret, passphrase } = drawCredentials(capabilitiesOf(this.exchange).credentials);
    const account: CardAccount = { id: randomUUID(), exchange: this.exchange, apiKey, secret, passphrase };
    await venue.register({ exchange: this.exchange, apiKey, secret, passphrase });
    const { masterKey } = MasterSchema.parse(JSON.parse(await readFile(join(stack.home, 'secrets.json'), 'utf8')));
    const credentials = { apiKey, secret, ...(passphrase === undefined ? {} : { passphrase }) };
    const sealed = sealCredentials(parseKeyRing(masterKey), account.id, credentials);
    const now = new Date().toISOString();
    const owner = await store.access.principalByTokenHash(hashToken(this.#system.trader.token), now);
    if (owner === null) throw new Error('the trader is not known');
    await store.access.createAccount(
      {
        id: account.id,
        userId: owner.userId,
        exchange: this.exchange,
        label: `card ${account.id.slice(0, 8)}`,
        mode: 'PAPER',
        halted: false,
        lastSyncedAt: null,
        createdAt: now,
        unlinkedAt: null,
        privacy: { cacheOpenOrders: true, encryptAtRest: false, historyRetentionDays: null },
        risk: {
          maxOrderNotional: null,
          maxOpenNotional: null,
          maxOpenOrders: null,
          priceCollar: null,
          rejectDuplicates: false,
        },
      },
      sealed,
    );
    await eventually(
      async () => {
        const row = await store.access.account(account.id);
        return row?.lastSyncedAt !== null && (await venue.streams(this.exchange)).includes(apiKey);
      },
      Boolean,
      `a new account at ${this.exchange} is served`,
      60_000,
    );
    return account;
  }
}

const MasterSchema = z.object({ masterKey: z.string() });
