/**
 * The part of ccxt's pro classes that this package uses, and its lazy import (0.4 s, 85 MB: a process that only reads
 * capability tables must not pay for it). ccxt's own types are loose; these say what 4.5.84 really has.
 */

export interface CcxtMarket {
  readonly id: string;
  /** Unified symbol, "BTC/USDT". */
  readonly symbol: string;
  readonly base: string;
  readonly quote: string;
  readonly spot: boolean;
  readonly active: boolean | undefined;
  readonly precision: { readonly amount?: string; readonly price?: string };
  /** The native market object. */
  readonly info: Readonly<Record<string, unknown>>;
}

type Parameters_ = Readonly<Record<string, unknown>>;
type Endpoint = (parameters?: Parameters_) => Promise<unknown>;

/** What undici's `request` answers, as ccxt passes it on. */
export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  text: () => Promise<string>;
}

export interface CcxtSocketClient {
  readonly url: string;
  error: unknown;
  readonly futures: Record<string, Promise<unknown>>;
  connection?: { terminate?(): void };
  future(hash: string): Promise<unknown>;
  onPing(): void;
  onPong(): void;
  onClose(event: unknown): void;
  reset(error: Error): void;
  close(): unknown;
}

export interface CcxtInstance {
  readonly id: string;
  markets: Record<string, CcxtMarket> | undefined;
  readonly urls: { readonly api: Record<string, unknown> };
  readonly options: Record<string, unknown>;
  readonly clients: Record<string, CcxtSocketClient | undefined>;
  readonly undiciModule: { Agent: new (options: Record<string, unknown>) => unknown };
  fetchDispatcher: unknown;
  agent: unknown;
  timeout: number;
  log: (...parts: readonly unknown[]) => void;
  streaming: Record<string, unknown>;
  loadFetchImplementation(): Promise<void>;
  loadHttpProxyAgent(): Promise<unknown>;
  getDispatcherOptions(isPlainAgent: boolean): Record<string, unknown>;
  setSandboxMode(on: boolean): void;
  parseJson(text: string): unknown;
  undiciRequest(url: string, parameters: Record<string, unknown>): Promise<RawResponse>;
  fetch2(path: string, api: string, ...rest: readonly unknown[]): Promise<unknown>;
  sign(path: string, api: string, method: string, parameters: Parameters_, ...rest: readonly unknown[]): unknown;
  milliseconds(): number;
  nonce(): number;
  loadMarkets(reload?: boolean): Promise<unknown>;
  setMarketsFromExchange(source: CcxtInstance): unknown;
  loadTimeDifference(): Promise<unknown>;
  amountToPrecision(symbol: string, amount: string): string;
  priceToPrecision(symbol: string, price: string): string;
  costToPrecision(symbol: string, cost: string): string;
  createOrder(
    symbol: string,
    type: 'market' | 'limit',
    side: 'buy' | 'sell',
    amount: string,
    price: string | undefined,
    parameters: Parameters_,
  ): Promise<unknown>;
  createMarketOrderWithCost(symbol: string, side: 'buy' | 'sell', cost: string, p: Parameters_): Promise<unknown>;
  createMarketBuyOrderWithCost(symbol: string, cost: string, parameters: Parameters_): Promise<unknown>;
  cancelOrder(id: string | undefined, symbol: string, parameters: Parameters_): Promise<unknown>;
  editOrder(
    id: string,
    symbol: string,
    type: 'market' | 'limit',
    side: 'buy' | 'sell',
    amount: string | undefined,
    price: string | undefined,
    parameters: Parameters_,
  ): Promise<unknown>;
  watchOrders(): Promise<unknown>;
  watchMyTrades(): Promise<unknown>;
  watchTicker(symbol: string, parameters?: Parameters_): Promise<unknown>;
  client(url: string): CcxtSocketClient;
  handleMessage(client: CcxtSocketClient, message: unknown): void;
  close(): Promise<void>;
}

/** ccxt makes one method per REST endpoint from its tables ("implicit"): signed and sent by the same code as the unified ones. */
export function endpoint(instance: CcxtInstance, name: string): Endpoint {
  const method = (instance as unknown as Record<string, unknown>)[name];
  if (typeof method !== 'function') throw new TypeError(`ccxt ${instance.id} has no endpoint ${name}`);
  return (parameters = {}) => (method as Endpoint).call(instance, parameters);
}

type CcxtClass = new (settings: Record<string, unknown>) => CcxtInstance;

let loading: Promise<Readonly<Record<string, CcxtClass | undefined>>> | null = null;

/** The pro class of that name. Throws RangeError when ccxt has none. */
export async function loadCcxtClass(className: string): Promise<CcxtClass> {
  loading ??= import('ccxt').then((module) => module.default.pro as unknown as Record<string, CcxtClass | undefined>);
  const found = (await loading)[className];
  if (found === undefined) throw new RangeError(`ccxt has no pro class ${className}`);
  return found;
}
