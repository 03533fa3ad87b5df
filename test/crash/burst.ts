import type { OrderView } from '../support/client.ts';
import type { Market } from '../support/desk.ts';
import { EXCHANGES } from '../support/system.ts';
import type { CoreExchange } from '../support/system.ts';
import { insistCancel, insistModify, insistPlace } from './insist.ts';
import { pick } from './random.ts';
import type { World } from './world.ts';

const BASES = ['BTC', 'ETH', 'SOL', 'LTC', 'LINK', 'AVAX'] as const;

/** Orders as clients place them. Prices do not move, so each one's fate follows from its terms. */
const KINDS = {
  resting: (market: Market) => ({ type: 'LIMIT', side: 'BUY', size: market.size, price: market.at('0.9') }),
  postOnly: (market: Market) => ({
    type: 'LIMIT',
    side: 'SELL',
    size: market.size,
    price: market.at('1.1'),
    postOnly: true,
  }),
  crossing: (market: Market) => ({ type: 'LIMIT', side: 'SELL', size: market.third, price: market.at('0.99') }),
  immediate: (market: Market) => ({
    type: 'LIMIT',
    side: 'BUY',
    size: market.third,
    price: market.at('1.01'),
    timeInForce: 'IOC',
  }),
  market: (market: Market) => ({ type: 'MARKET', side: 'SELL', size: market.third }),
  marketByQuote: () => ({ type: 'MARKET', side: 'BUY', quoteSize: '60' }),
  stopLimit: (market: Market) => ({
    type: 'STOP_LIMIT',
    side: 'BUY',
    size: market.size,
    price: market.at('1.25'),
    stopPrice: market.at('1.2'),
  }),
  stopMarket: (market: Market) => ({
    type: 'STOP_MARKET',
    side: 'SELL',
    size: market.size,
    stopPrice: market.at('0.8'),
  }),
} as const;
type Kind = keyof typeof KINDS;
export const ALL_KINDS = Object.keys(KINDS) as readonly Kind[];

export interface Wish {
  readonly order: OrderView;
  readonly kind: Kind;
  /** The client wanted it gone, and was told that this is accepted. */
  readonly cancelled: boolean;
}

export interface Plan {
  readonly exchange: CoreExchange;
  readonly kind: Kind;
  readonly clientOrderId: string;
  readonly base: (typeof BASES)[number];
  /** What the client does after its order was accepted. */
  readonly changes: readonly ('modify' | 'cancel')[];
}

/** Plans are drawn before anything runs, so that a seed gives the same ones whatever the processes do. */
export function drawPlans(random: () => number, count: number, name: string): readonly Plan[] {
  return Array.from({ length: count }, (_, index) => ({
    exchange: EXCHANGES[index % EXCHANGES.length] ?? 'binance',
    kind: pick(random, ALL_KINDS),
    clientOrderId: `${name}-${index}`,
    base: pick(random, BASES),
    changes: pick(random, [[], [], ['modify'], ['cancel'], ['modify', 'cancel']] as const),
  }));
}

/** One client: places its order, then changes its mind as planned, repeating whatever stays unanswered. */
export async function carryOut(world: World, plan: Plan): Promise<Wish> {
  const { exchange, kind, clientOrderId, base, changes } = plan;
  const market = world.desks[exchange].market(base);
  const { accountId, symbol } = market;
  const input = { accountId, symbol, clientOrderId, ...KINDS[kind](market) };
  const { order } = await insistPlace(world.trader, input);
  const rests = kind === 'resting';
  for (const change of rests ? changes : []) {
    if (change === 'modify') await insistModify(world.trader, { orderId: order.id, price: market.at('0.88') });
    else await insistCancel(world.trader, order.id);
  }
  return { order, kind, cancelled: rests && changes.includes('cancel') };
}

/** `clients` at once, each one taking the next plan when it is done with one. */
export async function runClients(world: World, plans: readonly Plan[], clients: number): Promise<readonly Wish[]> {
  const left = [...plans];
  const wishes: Wish[] = [];
  const client = async (): Promise<void> => {
    for (let plan = left.shift(); plan !== undefined; plan = left.shift()) wishes.push(await carryOut(world, plan));
  };
  await Promise.all(Array.from({ length: clients }, client));
  return wishes;
}

const ENDS: Readonly<Record<Kind, readonly string[]>> = {
  resting: ['ACKNOWLEDGED'],
  postOnly: ['ACKNOWLEDGED'],
  stopLimit: ['ACKNOWLEDGED'],
  stopMarket: ['ACKNOWLEDGED'],
  // A thin book may leave something of these two.
  crossing: ['FILLED', 'PARTIALLY_FILLED', 'ACKNOWLEDGED'],
  immediate: ['FILLED', 'CANCELLED', 'EXPIRED'],
  market: ['FILLED'],
  marketByQuote: ['FILLED'],
};

/** Wishes that did not come true, as sentences. */
export function disappointments(wishes: readonly Wish[], orders: readonly OrderView[]): readonly string[] {
  const byId = new Map(orders.map((order) => [order.id, order]));
  return wishes.flatMap(({ order: { id, exchange }, kind, cancelled }) => {
    const state = byId.get(id)?.state ?? 'missing';
    const wanted = cancelled ? ['CANCELLED'] : ENDS[kind];
    return wanted.includes(state) ? [] : [`${exchange} ${kind} order ${id} is ${state}, not ${wanted.join(' or ')}`];
  });
}
