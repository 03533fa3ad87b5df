import type { ExchangeId, Market } from '@orderplane/domain';
import { AlreadyExistsError } from '../contracts.ts';
import type {
  AccountHealthRecord,
  AccountLook,
  ExchangeHealthRecord,
  ObservationStore,
  SyncRun,
  TapeMark,
} from '../contracts.ts';
import { compareText, key } from './state.ts';
import type { MemoryTables } from './tables.ts';

export class MemoryObservationStore implements ObservationStore {
  readonly #nowMs: () => number;
  readonly #runs = new Map<string, SyncRun>();
  readonly #watermarks: Map<string, string>;
  readonly #markets = new Map<ExchangeId, readonly Market[]>();
  readonly #health = new Map<ExchangeId, ExchangeHealthRecord>();
  readonly #accounts = new Map<string, AccountHealthRecord>();
  readonly #tapes = new Map<string, TapeMark>();
  readonly #leases = new Map<string, { owner: string; expiresAtMs: number }>();

  /** `nowMs` stands for the database's clock; only leases read it. */
  constructor(nowMs: () => number, tables: MemoryTables) {
    this.#nowMs = nowMs;
    this.#watermarks = tables.state.fillsWatermarks;
  }

  async saveSyncRun(run: SyncRun): Promise<void> {
    if (this.#runs.has(run.id)) throw new AlreadyExistsError('sync run', run.id);
    this.#runs.set(run.id, run);
  }

  async lastSyncRun(accountId: string, completeOnly: boolean): Promise<SyncRun | null> {
    const runs = [...this.#runs.values()].filter(
      (run) => run.accountId === accountId && (run.complete || !completeOnly),
    );
    runs.sort((a, b) => compareText(a.startedAt, b.startedAt) || compareText(a.id, b.id));
    return runs.at(-1) ?? null;
  }

  async fillsWatermark(accountId: string): Promise<string | null> {
    return this.#watermarks.get(accountId) ?? null;
  }

  async setFillsWatermark(accountId: string, at: string): Promise<void> {
    const known = this.#watermarks.get(accountId);
    if (known === undefined || known < at) this.#watermarks.set(accountId, at);
  }

  async saveMarkets(exchange: ExchangeId, markets: readonly Market[], _at: string): Promise<void> {
    this.#markets.set(
      exchange,
      [...markets].sort((a, b) => compareText(a.symbol, b.symbol)),
    );
  }

  async markets(exchange: ExchangeId, symbols?: readonly string[]): Promise<readonly Market[]> {
    const all = this.#markets.get(exchange) ?? [];
    return symbols === undefined ? all : all.filter((market) => symbols.includes(market.symbol));
  }

  async setExchangeHealth(health: ExchangeHealthRecord): Promise<void> {
    const known = this.#health.get(health.exchange);
    if (known !== undefined && known.at > health.at) return;
    this.#health.set(health.exchange, {
      ...health,
      rateLimitedUntil: health.rateLimitedUntil ?? known?.rateLimitedUntil ?? null,
    });
  }

  async setRateLimited(exchange: ExchangeId, until: string, at: string): Promise<void> {
    const known = this.#health.get(exchange);
    const unknown = { exchange, reachable: true, streamConnected: false, rateLimitedUntil: null, lastError: null, at };
    const { rateLimitedUntil, ...facts } = known ?? unknown;
    this.#health.set(exchange, {
      ...facts,
      rateLimitedUntil: rateLimitedUntil !== null && rateLimitedUntil > until ? rateLimitedUntil : until,
      at: facts.at > at ? facts.at : at,
    });
  }

  async exchangeHealth(): Promise<readonly ExchangeHealthRecord[]> {
    return [...this.#health.values()].sort((a, b) => compareText(a.exchange, b.exchange));
  }

  async setAccountReachable(look: AccountLook): Promise<void> {
    const known = this.#accounts.get(look.accountId);
    if (known !== undefined && known.at > look.at) return;
    const since = known?.reachable === look.reachable ? known.since : look.at;
    this.#accounts.set(look.accountId, { ...look, since, keyRefused: known?.keyRefused ?? null });
  }

  async setKeyRefused(accountId: string, reason: string | null, at: string): Promise<void> {
    const known = this.#accounts.get(accountId) ?? {
      ...{ accountId, reachable: true, lastError: null, at, since: at },
      keyRefused: null,
    };
    const keyRefused = reason === null ? null : { since: known.keyRefused?.since ?? at, reason };
    this.#accounts.set(accountId, { ...known, keyRefused });
  }

  async accountHealth(accountIds: readonly string[]): Promise<readonly AccountHealthRecord[]> {
    return this.#healthOf((one) => accountIds.includes(one.accountId));
  }

  async accountsInTrouble(): Promise<readonly AccountHealthRecord[]> {
    return this.#healthOf((one) => !one.reachable || one.keyRefused !== null);
  }

  #healthOf(wanted: (one: AccountHealthRecord) => boolean): readonly AccountHealthRecord[] {
    const found = [...this.#accounts.values()].filter(wanted);
    return found.sort((a, b) => compareText(a.accountId, b.accountId));
  }

  async acquireLease(name: string, owner: string, ttlMs: number): Promise<boolean> {
    const nowMs = this.#nowMs();
    const held = this.#leases.get(name);
    if (held !== undefined && held.owner !== owner && held.expiresAtMs > nowMs) return false;
    this.#leases.set(name, { owner, expiresAtMs: nowMs + ttlMs });
    return true;
  }

  async acquireLeases(names: readonly string[], owner: string, ttlMs: number): Promise<readonly string[]> {
    const held = await Promise.all(names.map((name) => this.acquireLease(name, owner, ttlMs)));
    return names.filter((_name, index) => held[index]);
  }

  async tapeMark(exchange: ExchangeId, symbol: string): Promise<TapeMark | null> {
    return this.#tapes.get(key(exchange, symbol)) ?? null;
  }

  async saveTapeMark(
    exchange: ExchangeId,
    symbol: string,
    mark: TapeMark,
    lease: { readonly name: string; readonly owner: string },
  ): Promise<boolean> {
    const held = this.#leases.get(lease.name);
    if (held?.owner !== lease.owner || held.expiresAtMs <= this.#nowMs()) return false;
    const at = key(exchange, symbol);
    const known = this.#tapes.get(at) ?? mark;
    this.#tapes.set(at, {
      tradeAt: known.tradeAt > mark.tradeAt ? known.tradeAt : mark.tradeAt,
      armedUntil: known.armedUntil > mark.armedUntil ? known.armedUntil : mark.armedUntil,
    });
    return true;
  }

  async releaseLease(name: string, owner: string): Promise<void> {
    if (this.#leases.get(name)?.owner === owner) this.#leases.delete(name);
  }
}
