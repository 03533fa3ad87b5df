import { EXCHANGE_IDS } from '@orderplane/domain';
import type { ExchangeId } from '@orderplane/domain';
import type { Stack } from '@orderplane/local';
import { openDesk } from '../support/desk.ts';
import { venueAt } from '../support/venue.ts';
import { percentile } from './figures.ts';
import type { Measurement } from './figures.ts';
import { Subscriber } from './graphql.ts';
import { Trader } from './orders.ts';
import type { OrderTerms } from './orders.ts';
import { Venue } from './venue.ts';

/** No exchange's path may take more than this times the fastest one's. */
const BAR = 2;
const SETTLE_MS = 15;

interface Lane {
  readonly exchange: ExchangeId;
  readonly trader: Trader;
  readonly subscriber: Subscriber;
  readonly venue: Venue;
  readonly order: OrderTerms;
  readonly ms: number[];
}

async function openLane(stack: Stack, exchange: ExchangeId): Promise<Lane> {
  const { gateway, traderToken, simulator, accounts } = stack.info;
  const account = accounts.find((one) => one.exchange === exchange);
  if (account === undefined || simulator === null) throw new Error(`the stack has no paper account at ${exchange}`);
  const venue = new Venue(simulator.admin, exchange);
  await venue.calm();
  const desk = await openDesk(
    {
      trader: { http: gateway.http, token: traderToken },
      venue: venueAt(simulator.admin),
      account: () => account.id,
    },
    exchange,
  );
  const market = desk.market('BTC');
  const subscriber = new Subscriber(gateway.ws, traderToken, account.id);
  await subscriber.ready;
  return {
    exchange,
    venue,
    subscriber,
    trader: new Trader(gateway.http, traderToken, account.id),
    order: { symbol: market.symbol, size: market.size, price: market.at('0.5') },
    ms: [],
  };
}

/** One order that rests: from the mutation's first byte to the exchange's receipt, ms. */
async function sample({ trader, subscriber, venue, order }: Lane): Promise<number> {
  const before = await venue.newestNumber();
  const { data: orderId, sentUs } = await trader.placeOrder(order);
  await subscriber.event('ORDER_ACKNOWLEDGED', orderId);
  const receivedUs = await venue.submissionUs(() => true, before);
  return (receivedUs - sentUs) / 1_000;
}

/** A row for each exchange, in turns; the floor is the fastest of them. */
export async function measureExchanges(
  stack: Stack,
  { warmUps, samples }: { readonly warmUps: number; readonly samples: number },
  note: (text: string) => void,
): Promise<Measurement[]> {
  const lanes: Lane[] = [];
  try {
    for (const exchange of EXCHANGE_IDS) lanes.push(await openLane(stack, exchange));
    for (let number = 0; number < warmUps + samples; number += 1) {
      for (const lane of lanes) {
        const ms = await sample(lane);
        if (number >= warmUps) lane.ms.push(ms);
        await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      }
    }
  } finally {
    for (const { subscriber, trader, venue } of lanes) {
      await subscriber.close();
      trader.close();
      venue.close();
    }
  }
  note(`${samples} samples at each of ${lanes.length}`);
  const [fastest] = [...lanes].sort((a, b) => percentile(a.ms, 50) - percentile(b.ms, 50));
  return lanes.map(({ exchange, ms }) => ({
    name: `mutation → ${exchange} receives, to the fastest`,
    unit: 'ms',
    better: 'lower',
    bar: BAR,
    ours: ms,
    floor: fastest?.ms ?? ms,
  }));
}
