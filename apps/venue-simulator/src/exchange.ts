import { MatchingEngine } from './engine/engine.ts';
import { fixed, fixedText, floorTo, over } from './engine/fixed.ts';
import type { EngineEvent } from './engine/model.ts';
import { KeyBook } from './keys.ts';
import { Recorder } from './persistence/recorder.ts';
import type { FaultBook } from './server/faults.ts';
import type { Limits, SimAccount, Venue, VenueContext, VenueDefinition } from './venues/protocol.ts';

export interface ExchangeOptions {
  readonly definition: VenueDefinition;
  readonly seed: number;
  readonly now: () => number;
  readonly faults: FaultBook;
  readonly log: (message: string, fields?: Readonly<Record<string, unknown>>) => void;
}

/** Retail limits × 20: an institutional tier, so that load tests run. */
export const DEFAULT_LIMITS: Limits = { enabled: true, scale: 20 };
/** Quote currencies: a default account holds this much of each, and as much worth of every base asset. */
const DEFAULT_QUOTE = fixed('1000000');

/** One simulated exchange: its engine, accounts, limits and protocol, and the recorder of its changes. */
export class SimExchange {
  readonly definition: VenueDefinition;
  readonly engine: MatchingEngine;
  readonly venue: Venue;
  readonly recorder: Recorder;
  /** By each of their keys. */
  readonly accounts = new KeyBook();
  limits: Limits = DEFAULT_LIMITS;
  /** How far the exchange's clock is ahead of the machine's, ms. */
  clockOffsetMs = 0;
  readonly #now: () => number;

  constructor({ definition, seed, now, faults, log }: ExchangeOptions) {
    const name = definition.exchange;
    this.definition = definition;
    this.#now = now;
    this.recorder = new Recorder(name);
    this.engine = new MatchingEngine(definition.engine, seed, (event) => this.#onEvent(event));
    const context: VenueContext = {
      engine: this.engine,
      accounts: { find: (apiKey) => this.accounts.find(apiKey) },
      now: () => this.now(),
      limits: () => this.limits,
      hideOpenOrder: (symbol) => {
        const fault = faults.forListing(name, 'hideFromOpenOrders', symbol);
        if (fault === null) return null;
        return (order) =>
          (fault.clientId === undefined || fault.clientId === order.clientId) &&
          (fault.account === undefined || fault.account === this.engine.order(order.id)?.account);
      },
      log: (message, fields) => log(message, { exchange: name, ...fields }),
    };
    this.venue = definition.create(context);
  }

  /** The exchange's own time, ms since the epoch. */
  now(): number {
    return this.#now() + this.clockOffsetMs;
  }

  /**
   * Idempotent: a known key gets its secret (and permissions, when given) replaced, and its balances only when they are
   * given; a revoked one stays revoked. `sameAs`: the new key opens the account of that one.
   */
  register(account: SimAccount, balances: Readonly<Record<string, string>> | null, sameAs: string | null = null): void {
    const known = this.accounts.get(account.apiKey);
    if (known?.revoked === true) return;
    const owner =
      known?.account ?? (sameAs === null ? account.apiKey : (this.accounts.get(sameAs)?.account ?? account.apiKey));
    const permissions = account.permissions ?? known?.permissions;
    const key = { ...account, account: owner, revoked: false, ...(permissions === undefined ? {} : { permissions }) };
    this.accounts.set(key);
    this.recorder.account(key);
    const isNew = known === undefined && owner === account.apiKey;
    const wanted = balances ?? (isNew ? this.#defaultBalances() : {});
    for (const [asset, total] of Object.entries(wanted)) this.engine.setBalance(owner, asset, fixed(total));
    if (isNew) this.#fundSubaccounts(owner);
  }

  /** The key opens nothing any more; its account and the other keys stay. False: there is no such key. */
  revoke(apiKey: string): boolean {
    const known = this.accounts.get(apiKey);
    if (known === undefined) return false;
    const revoked = { ...known, revoked: true };
    this.accounts.set(revoked);
    this.recorder.account(revoked);
    return true;
  }

  /** No orders, no trades, start prices, default limits; the accounts stay, with default balances. */
  reset(): void {
    this.engine.reset();
    this.venue.reset();
    this.limits = DEFAULT_LIMITS;
    this.clockOffsetMs = 0;
    this.recorder.reset();
    for (const key of this.accounts.all()) this.recorder.account(key);
    for (const account of this.accounts.names()) {
      for (const [asset, total] of Object.entries(this.#defaultBalances())) {
        this.engine.setBalance(account, asset, fixed(total));
      }
      this.#fundSubaccounts(account);
    }
  }

  #fundSubaccounts(owner: string): void {
    for (const suffix of this.definition.subaccounts ?? []) {
      for (const [asset, total] of Object.entries(this.#defaultBalances()))
        this.engine.setBalance(`${owner}${suffix}`, asset, fixed(total));
    }
  }

  #onEvent(event: EngineEvent): void {
    this.recorder.onEvent(event);
    this.venue.onEvent(event);
  }

  #defaultBalances(): Record<string, string> {
    const balances: Record<string, string> = {};
    const { markets } = this.definition.engine;
    for (const market of markets) {
      balances[market.base] ??= fixedText(floorTo(over(DEFAULT_QUOTE, market.startPrice), market.sizeStep));
    }
    for (const market of markets) balances[market.quote] = fixedText(DEFAULT_QUOTE);
    return balances;
  }
}
