import { fixedText } from '../engine/fixed.ts';
import type { EngineEvent, SimExecution, SimOrder } from '../engine/model.ts';
import type { MatchingEngine } from '../engine/engine.ts';
import type { SimKey } from '../keys.ts';
import type { JournalLine } from './codec.ts';
import { encodeExecution, encodeOrder } from './codec.ts';

const SLICE = 500;

/** Collects what changed at one exchange since the last line; each order is written once however often it changed. */
export class Recorder {
  readonly #exchange: string;
  readonly #orders = new Set<SimOrder>();
  #executions: SimExecution[] = [];
  readonly #balances = new Map<string, Set<string>>();
  readonly #prices = new Set<string>();
  #accounts: SimKey[] = [];
  #isReset = false;
  isDirty = false;

  constructor(exchange: string) {
    this.#exchange = exchange;
  }

  onEvent(event: EngineEvent): void {
    switch (event.type) {
      case 'trade':
        this.#executions.push(event.execution);
        this.#orders.add(event.order);
        break;
      case 'accepted':
      case 'triggered':
      case 'ended':
      case 'amended':
        this.#orders.add(event.order);
        break;
      case 'balance':
        this.#balance(event.account, event.assets);
        break;
      case 'price':
        this.#prices.add(event.symbol);
        return;
      case 'publicTrade':
        return;
    }
    this.isDirty = true;
  }

  account(account: SimKey): void {
    this.#accounts.push(account);
    this.isDirty = true;
  }

  /** Prices alone are worth a line only now and then. */
  markPrices(): void {
    if (this.#prices.size > 0) this.isDirty = true;
  }

  reset(): void {
    this.forget();
    this.#isReset = true;
    this.isDirty = true;
  }

  /** The line for everything since the last call. */
  take(engine: MatchingEngine): string {
    const line: Record<string, unknown> = { exchange: this.#exchange };
    if (this.#isReset) line['reset'] = true;
    if (this.#accounts.length > 0) line['accounts'] = this.#accounts;
    if (this.#orders.size > 0) line['orders'] = Array.from(this.#orders, encodeOrder);
    if (this.#executions.length > 0) {
      line['executions'] = this.#executions.map(encodeExecution);
      line['publicTrades'] = engine.counters.publicTrade;
    }
    if (this.#balances.size > 0) line['balances'] = this.#balanceLines(engine);
    if (this.#prices.size > 0) {
      line['prices'] = Array.from(this.#prices, (symbol) => [symbol, fixedText(engine.lastPrice(symbol))]);
    }
    this.forget();
    return `${JSON.stringify(line)}\n`;
  }

  /** Drops what was collected. */
  forget(): void {
    this.#orders.clear();
    this.#executions = [];
    this.#balances.clear();
    this.#prices.clear();
    this.#accounts = [];
    this.#isReset = false;
    this.isDirty = false;
  }

  #balance(account: string, assets: readonly string[]): void {
    let changed = this.#balances.get(account);
    if (changed === undefined) this.#balances.set(account, (changed = new Set<string>()));
    for (const asset of assets) changed.add(asset);
  }

  #balanceLines(engine: MatchingEngine): [string, string, string][] {
    const lines: [string, string, string][] = [];
    for (const [account, assets] of this.#balances) {
      const balances = engine.balances(account);
      for (const asset of assets) lines.push([account, asset, fixedText(balances.get(asset)?.total ?? 0n)]);
    }
    return lines;
  }
}

/** The whole state of one exchange as lines of bounded length. */
export function* snapshotLines(exchange: string, engine: MatchingEngine, accounts: SimKey[]): Generator<string> {
  const records = engine.records();
  const line = (content: object): string => `${JSON.stringify({ exchange, ...content })}\n`;
  yield line({
    accounts,
    balances: Array.from(records.balances, ([account, asset, total]) => [account, asset, fixedText(total)]),
    prices: Array.from(records.prices, ([symbol, price]) => [symbol, fixedText(price)]),
    publicTrades: records.publicTrades,
  });
  for (const orders of sliced(records.orders, encodeOrder)) yield line({ orders });
  for (const executions of sliced(records.executions, encodeExecution)) yield line({ executions });
}

function* sliced<Item>(items: Iterable<Item>, encode: (item: Item) => unknown): Generator<unknown[]> {
  let slice: unknown[] = [];
  for (const item of items) {
    slice.push(encode(item));
    if (slice.length < SLICE) continue;
    yield slice;
    slice = [];
  }
  if (slice.length > 0) yield slice;
}

/** What the lines read back amount to, last value wins. */
export class Recovery {
  readonly accounts = new Map<string, SimKey>();
  readonly #orders = new Map<number, SimOrder>();
  readonly #executions = new Map<number, SimExecution>();
  readonly #balances = new Map<string, readonly [string, string, bigint]>();
  readonly #prices = new Map<string, bigint>();
  #publicTrades = 0;

  apply(line: JournalLine): void {
    if (line.reset === true) this.#clear();
    for (const key of line.accounts ?? []) {
      this.accounts.set(key.apiKey, { ...key, account: key.account ?? key.apiKey });
    }
    for (const order of line.orders ?? []) this.#orders.set(order.number, { ...order, held: 0n });
    for (const execution of line.executions ?? []) this.#executions.set(execution.number, execution);
    for (const balance of line.balances ?? []) this.#balances.set(JSON.stringify([balance[0], balance[1]]), balance);
    for (const [symbol, price] of line.prices ?? []) this.#prices.set(symbol, price);
    this.#publicTrades = line.publicTrades ?? this.#publicTrades;
  }

  restore(engine: MatchingEngine): void {
    engine.restore({
      orders: byNumber(this.#orders),
      executions: byNumber(this.#executions),
      balances: this.#balances.values(),
      prices: this.#prices,
      publicTrades: this.#publicTrades,
    });
  }

  #clear(): void {
    this.accounts.clear();
    this.#orders.clear();
    this.#executions.clear();
    this.#balances.clear();
    this.#prices.clear();
    this.#publicTrades = 0;
  }
}

const byNumber = <Item>(items: Map<number, Item>): Item[] =>
  [...items].sort(([a], [b]) => a - b).map(([, item]) => item);
