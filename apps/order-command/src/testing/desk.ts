import type { ExchangeId, Market, UserError } from '@orderplane/domain';
import { capabilitiesOf } from '@orderplane/exchange/capabilities';
import type {
  AlertInput,
  CommandResult,
  OrderCommand,
  PlaceInput,
  ReconcileUrgency,
  SyncJob,
  SyncOutcome,
  Waker,
} from '@orderplane/queues';
import { accountOf, openWorld, type World } from '@orderplane/recorder/testing';
import type { AccountFunds, CacheScope } from '@orderplane/store';
import { handle } from '../commands/handle.ts';
import type { CommandContext } from '../context.ts';
import { accountTroubles, marketDirectory, reachability } from '../directories.ts';
import { openFundsBook } from '../funds-book.ts';
import { openPreTrade } from '../pre-trade.ts';

/** Prices in steps of 0.01, sizes in steps of 0.0001, at least 0.001 and worth 10. */
export const marketOf = (exchange: ExchangeId, symbol: string, over: Partial<Market> = {}): Market => ({
  exchange,
  symbol,
  base: symbol.split('-')[0] ?? '',
  quote: 'USD',
  nativeId: symbol.replace('-', ''),
  unifiedSymbol: symbol.replace('-', '/'),
  priceStep: '0.01',
  sizeStep: '0.0001',
  minSize: '0.001',
  maxSize: '1000',
  minNotional: '10',
  quoteStep: '0.01',
  active: true,
  ...over,
});

export interface Wake {
  readonly exchange: ExchangeId;
  readonly orderId: string;
  readonly urgency: ReconcileUrgency;
}

export interface Desk {
  readonly world: World;
  readonly owned: ExchangeFunds;
  readonly context: CommandContext;
  readonly wakes: Wake[];
  /** What was told of alerts, in order. */
  readonly rings: string[];
  /** Last prices, by "exchange symbol". */
  readonly prices: Map<string, string>;
  /** Scopes whose cached orders were forgotten, in order. */
  readonly forgotten: CacheScope[];
  run(command: OrderCommand): Promise<CommandResult>;
  /** Runs a command that must be refused, and checks that it has left no trace. */
  refusal(command: OrderCommand): Promise<UserError>;
}

/** What the exchange shows when it is asked for balances; at the beginning it can't be asked. */
export interface ExchangeFunds {
  shown: Pick<AccountFunds, 'balances' | 'positions'> | null;
  /** The syncs of open orders that were asked for. */
  readonly syncs: SyncJob[];
  readonly request: (job: SyncJob) => Promise<SyncOutcome>;
  /** How often it was asked. */
  asked: number;
  readonly readNow: (accountId: string) => Promise<{ readonly askedAt: string | null; readonly error: string | null }>;
}

function exchangeFunds({ store, clock }: World): ExchangeFunds {
  const owned: ExchangeFunds = {
    syncs: [],
    request: async (job) => {
      owned.syncs.push(job);
      const { accountId } = job;
      if (owned.shown === null) throw new Error('not reached');
      await store.access.setLastSynced(accountId, clock.iso());
      return { accountId, syncedAt: clock.iso(), fresh: true, complete: true, adopted: 0, error: null };
    },
    shown: null,
    asked: 0,
    readNow: async (accountId) => {
      owned.asked += 1;
      if (owned.shown === null) return { askedAt: null, error: 'not reached' };
      const at = clock.iso();
      await store.funds.save({ accountId, askedAt: at, answeredAt: at, ...owned.shown });
      return { askedAt: at, error: null };
    },
  };
  return owned;
}

/** Of account-5. */
export const PERPETUAL = 'BTC-USDC-PERPETUAL';

async function seed({ store, clock }: World): Promise<void> {
  const at = clock.iso();
  await store.access.createAccount({ ...accountOf('account-4', 'user-1', 'binance', at), halted: true }, 'sealed');
  for (const exchange of ['binance', 'kraken'] as const) {
    const markets = [marketOf(exchange, 'BTC-USD'), marketOf(exchange, 'OLD-USD', { active: false })];
    await store.observations.saveMarkets(exchange, markets, at);
  }
  await store.access.createAccount(accountOf('account-5', 'user-1', 'deribit', at), 'sealed');
  await store.observations.saveMarkets('deribit', [marketOf('deribit', PERPETUAL)], at);
}

/** The real command handlers on the in-memory store; account-4 of user-1 is halted, account-5 trades contracts. */
export async function openDesk(): Promise<Desk> {
  const world = await openWorld();
  const { store, clock } = world;
  await seed(world);
  const wakes: Wake[] = [];
  const rings: string[] = [];
  const prices = new Map<string, string>();
  const forgotten: CacheScope[] = [];
  const owned = exchangeFunds(world);
  const context: CommandContext = {
    recorder: world.recorder,
    access: store.access,
    accounts: store.accounts,
    alerts: store.alerts,
    deadMansSwitches: store.deadMansSwitches,
    canSeal: true,
    cache: { forget: async (scope) => void forgotten.push(scope) },
    alertBell: {
      changed: (accountId) => rings.push(accountId),
      armed: (exchange, symbol) => rings.push(`${exchange} ${symbol}`),
    },
    maxArmedAlerts: 3,
    waker: collectingWaker(wakes),
    capabilities: capabilitiesOf,
    markets: marketDirectory(store.observations, () => clock.nowMs),
    exchangeReachable: reachability(store.observations, () => clock.nowMs),
    accountTrouble: accountTroubles(store.observations, () => clock.nowMs),
    lastPrice: async (exchange, symbol) => prices.get(`${exchange} ${symbol}`) ?? null,
    freshOrders: openPreTrade({ sync: owned, clock }).freshOrders,
    fundsBook: openFundsBook({
      funds: store.funds,
      readNow: owned.readNow,
      now: () => clock.nowMs,
      pause: async () => undefined,
    }),
    clock,
    crashPoint: () => undefined,
    newId: world.newId,
  };
  const traces = async () =>
    Promise.all(
      ['account-1', 'account-2', 'account-3', 'account-4'].map(async (id) => ({
        orders: await store.ledger.accountSnapshot(id),
        alerts: await store.alerts.changes(id, 0n, 1_000),
      })),
    );
  const run = (command: OrderCommand): Promise<CommandResult> => handle(context, command);
  return {
    world,
    owned,
    context,
    wakes,
    rings,
    prices,
    forgotten,
    run,
    refusal: async (command) => {
      const before = { orders: await traces(), wakes: wakes.length };
      const { orderIds, userErrors } = await run(command);
      const [error] = userErrors;
      if (error === undefined || orderIds.length > 0 || userErrors.length > 1) throw new Error('it was not refused');
      const after = { orders: await traces(), wakes: wakes.length };
      if (!same(before, after)) throw new Error('a refused command left a trace');
      return error;
    },
  };
}

const same = (a: unknown, b: unknown): boolean => text(a) === text(b);
const text = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? part.toString() : part));

const collectingWaker = (wakes: Wake[]): Waker => ({
  wake: (exchange, orderId, urgency) => {
    wakes.push({ exchange, orderId, urgency });
    return Promise.resolve();
  },
  wakeMany: (exchange, orderIds, urgency) => {
    for (const orderId of orderIds) wakes.push({ exchange, orderId, urgency });
    return Promise.resolve();
  },
  wakeLater: () => Promise.resolve(),
  pending: () => Promise.resolve({ waiting: 0, active: 0, delayed: 0 }),
  close: () => Promise.resolve(),
});

/** Of commands whose time is not what the test is about: given after every refusal, and never over. */
export const ANY_TIME = { issuedAt: '2099-01-01T00:00:00.000Z', expiresAt: '2099-01-01T00:00:00.000Z' };

let commands = 0;
const base = (userId: string) => {
  commands += 1;
  return { commandId: `command-${commands}`, userId, time: ANY_TIME };
};

export const placing = (
  input: Partial<PlaceInput> = {},
  userId = 'user-1',
): Extract<OrderCommand, { kind: 'place' }> => ({
  ...base(userId),
  kind: 'place',
  input: {
    accountId: 'account-1',
    clientOrderId: `order-${commands}`,
    symbol: 'BTC-USD',
    side: 'BUY',
    type: 'LIMIT',
    size: '1',
    quoteSize: null,
    price: '100',
    stopPrice: null,
    timeInForce: 'GTC',
    expiresAt: null,
    postOnly: false,
    reduceOnly: false,
    ...input,
  },
});

export const modifying = (
  orderId: string,
  change: { readonly size?: string; readonly price?: string; readonly stopPrice?: string },
  userId = 'user-1',
): Extract<OrderCommand, { kind: 'modify' }> => ({
  ...base(userId),
  kind: 'modify',
  orderId,
  size: change.size ?? null,
  price: change.price ?? null,
  stopPrice: change.stopPrice ?? null,
});

export const cancelling = (orderId: string, userId = 'user-1'): Extract<OrderCommand, { kind: 'cancel' }> => ({
  ...base(userId),
  kind: 'cancel',
  orderId,
});

export const alerting = (
  input: Partial<Omit<AlertInput, 'trigger'>> & { readonly trigger?: Partial<AlertInput['trigger']> } = {},
  userId = 'user-1',
): Extract<OrderCommand, { kind: 'createAlert' }> => ({
  ...base(userId),
  kind: 'createAlert',
  input: {
    accountId: 'account-1',
    symbol: 'BTC-USD',
    note: null,
    ...input,
    trigger: {
      symbol: input.symbol ?? 'BTC-USD',
      source: 'LAST',
      direction: 'AT_OR_ABOVE',
      price: '100',
      ...input.trigger,
    },
  },
});
