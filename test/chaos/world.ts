import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXCHANGE_IDS } from '@orderplane/domain';
import type { ExchangeId } from '@orderplane/domain';
import type { ProcessChange } from '@orderplane/local';
import { CRASH_POINTS_VARIABLE } from '@orderplane/service-kit';
import { openArmory } from '../support/armory.ts';
import type { Armory } from '../support/armory.ts';
import type { Endpoint } from '../support/client.ts';
import { openDesk } from '../support/desk.ts';
import type { Desk } from '../support/desk.ts';
import { openSystem } from '../support/system.ts';
import type { System } from '../support/system.ts';

/** A running system with everything that clients and accidents need of it. */
export interface ChaosWorld extends System {
  /** Each request goes to another gateway than the one before: a repeat too. */
  readonly trader: Endpoint;
  readonly desks: Readonly<Record<ExchangeId, Desk>>;
  /** Assets that are traded, by exchange. */
  readonly bases: Readonly<Record<ExchangeId, readonly string[]>>;
  readonly armory: Armory;
  /** Client order ids of orders that the exchange may refuse for what they are. */
  readonly mayBeRefused: Set<string>;
  /** Orders of exchanges, as `exchange id`, that were executed beyond what anybody could know: a person should look. */
  readonly surprised: Set<string>;
  /** Exchanges that have refused a key, or orders in their maintenance: both may refuse an order that is in order. */
  readonly refusing: Set<string>;
  /** Accounts that a client has halted. */
  readonly halted: Set<string>;
  /** Ends of processes that the runner saw, by name: kills, crash points, and what nobody planned. */
  readonly ends: Readonly<Record<string, number>>;
}

const BASES = ['BTC', 'ETH', 'SOL', 'LTC', 'LINK', 'AVAX', 'XRP', 'ADA'];

/** Two of those that compete for orders and accounts or share subscribers, so that one takes over from the other. */
const INSTANCES = { gateway: 2, reconciler: 2, 'sync-worker': 2 } as const;

/** An interval of looking, shortened to save time at the end. No deadline and no proof depends on it. */
const ENVIRONMENT = { RESYNC_INTERVAL_MS: '5000' };

export async function openChaosWorld(options: {
  readonly home?: string;
  readonly signal?: AbortSignal;
}): Promise<ChaosWorld> {
  const directory = await mkdtemp(join(tmpdir(), 'orderplane-chaos-'));
  const forget = (): Promise<void> => rm(directory, { recursive: true, force: true, maxRetries: 5 });
  const armory = openArmory(directory);
  const ends: Record<string, number> = {};
  const onChange = ({ name, state }: ProcessChange): void => {
    if (state === 'waiting') ends[name] = (ends[name] ?? 0) + 1;
  };
  const system = await openSystem({
    home: options.home ?? join(directory, 'home'),
    ownServers: true,
    durable: true,
    walking: true,
    limited: true,
    instances: INSTANCES,
    env: { ...ENVIRONMENT, [CRASH_POINTS_VARIABLE]: armory.directory },
    onChange,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  }).catch(async (cause: unknown) => {
    await forget();
    throw cause;
  });
  const stop = async (): Promise<void> => {
    await system.stop();
    await forget();
  };
  try {
    const opened = await Promise.all(
      EXCHANGE_IDS.map(async (exchange) => [exchange, await openDesk(system, exchange)] as const),
    );
    const desks = Object.fromEntries(opened) as Record<ExchangeId, Desk>;
    const bases = Object.fromEntries(
      opened.map(([exchange, desk]) => [exchange, BASES.filter((base) => isTraded(desk, base))]),
    ) as Record<ExchangeId, string[]>;
    const trader = inTurn(system);
    const sets = {
      mayBeRefused: new Set<string>(),
      surprised: new Set<string>(),
      halted: new Set<string>(),
      refusing: new Set<string>(),
    };
    return { ...system, ...sets, trader, stop, desks, bases, armory, ends };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

/** Whoever reads its address gets the next gateway's. */
function inTurn({ stack, trader }: System): Endpoint {
  const addresses = stack.info.gateways.map(({ http }) => http);
  let turn = 0;
  return {
    token: trader.token,
    get http() {
      turn += 1;
      return addresses[turn % addresses.length] ?? trader.http;
    },
  };
}

function isTraded(desk: Desk, base: string): boolean {
  try {
    desk.market(base);
    return true;
  } catch {
    return false;
  }
}
