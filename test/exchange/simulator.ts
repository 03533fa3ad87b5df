import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { ExchangeId, RequestTurns } from '@orderplane/domain';
import { createAdapter, createMarketData } from '@orderplane/exchange';
import { capabilitiesOf, drawCredentials } from '@orderplane/exchange/capabilities';
import type {
  AccountCredentials,
  AccountSession,
  AdapterLog,
  ExchangeAdapter,
  MarketDataAdapter,
} from '@orderplane/exchange';

/** The venue simulator as a process of its own, as it runs in production, and the admin calls that the tests use. */

const LedgerSchema = z.object({
  orders: z.array(
    z.object({
      exchangeOrderId: z.string(),
      clientId: z.string().nullable(),
      symbol: z.string(),
      side: z.string(),
      size: z.string().nullable(),
      price: z.string().nullable(),
      filledSize: z.string(),
      status: z.string(),
    }),
  ),
  executions: z.array(
    z.object({ tradeId: z.string(), exchangeOrderId: z.string(), size: z.string(), price: z.string() }),
  ),
});
export type Ledger = z.infer<typeof LedgerSchema>;

export interface Simulator {
  readonly address: { readonly host: string; readonly port: number };
  admin(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown>;
  ledger(exchange: ExchangeId, apiKey: string): Promise<Ledger>;
  stop(): Promise<void>;
}

export const silentLog: AdapterLog = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const MAIN = new URL('../../apps/venue-simulator/src/main.ts', import.meta.url).pathname;

export async function startSimulator(): Promise<Simulator> {
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, SIMULATOR_PORT: '0', LOG_LEVEL: 'fatal' },
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, 'line')) as [string];
  const { port } = z.object({ ready: z.literal(true), port: z.number() }).parse(JSON.parse(line));
  const admin: Simulator['admin'] = async (method, path, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as unknown;
  };
  return {
    address: { host: '127.0.0.1', port },
    admin,
    ledger: async (exchange, apiKey) =>
      LedgerSchema.parse(await admin('GET', `/ledger?exchange=${exchange}&account=${apiKey}`)),
    stop: async () => {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
    },
  };
}

/** Bitcoin as each exchange trades it here. */
export const SYMBOL: Readonly<Record<ExchangeId, string>> = {
  binance: 'BTC-USDT',
  kraken: 'BTC-USD',
  coinbase: 'BTC-USD',
  kucoin: 'BTC-USDT',
  deribit: 'BTC-USDC',
  mexc: 'BTC-USDT',
  okx: 'BTC-USDT',
};

export interface Account extends AccountCredentials {
  readonly exchange: ExchangeId;
  readonly session?: AccountSession;
}

/** A new account with the simulator's default balances. */
export async function openAccount(simulator: Simulator, exchange: ExchangeId): Promise<Account> {
  const account = { exchange, ...drawCredentials(capabilitiesOf(exchange).credentials) };
  await simulator.admin('POST', '/accounts', account);
  return account;
}

/** What one process has that another has not. */
export interface Process {
  /** Its clock ahead of ours. */
  readonly offsetMs?: number;
  readonly log?: AdapterLog;
  /** Null: it shares nothing with others. */
  readonly turns?: RequestTurns | null;
}

const options = (simulator: Simulator, { offsetMs = 0, log = silentLog, turns = null }: Process = {}) => ({
  simulator: simulator.address,
  clock: { now: () => Date.now() + offsetMs },
  log,
  callTimeoutMs: 5_000,
  ...(turns === null ? {} : { turns }),
});

export const adapterOf = (simulator: Simulator, account: Account, process: Process = {}): ExchangeAdapter =>
  createAdapter(
    {
      accountId: account.apiKey,
      exchange: account.exchange,
      mode: 'PAPER',
      credentials: account,
      ...(account.session === undefined ? {} : { session: account.session }),
    },
    options(simulator, process),
  );

export const marketDataOf = (simulator: Simulator, exchange: ExchangeId): MarketDataAdapter =>
  createMarketData(exchange, options(simulator));

/** The first call loads ccxt, which takes seconds on a busy machine: the tests' own calls have little time. */
export async function warmUp(simulator: Simulator): Promise<void> {
  const first = adapterOf(simulator, await openAccount(simulator, 'binance'));
  await first.openOrders({ timeoutMs: 30_000 });
  await first.close();
}
