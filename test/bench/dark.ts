import type { Measurement } from './figures.ts';
import type { Rig, Sizes } from './measure.ts';
import { MARKET_PRICE, SIZE, SYMBOL } from './orders.ts';

const TRIGGER_PRICE = '90100';
/** Waits all the time, so that the price is watched all the time. */
const NEVER_PRICE = '900000';
/** By then whoever watches prices has the order in its book, ms. */
const ARMED_MS = 150;
const FLOOR_ID = 'floor-dark-';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const darkOrder = (price: string) => ({
  symbol: SYMBOL,
  size: SIZE,
  type: 'MARKET',
  mode: 'DARK',
  trigger: { direction: 'AT_OR_ABOVE', price },
});

/**
 * From the price at the exchange to the order there: the price is told, the fire is written, the checks run and are written,
 * the order is written as sent, and sent. The floor is a bare push of the price, and a bare command to a bare submission.
 */
export async function measureDark(rig: Rig, sizes: Sizes, note: (text: string) => void): Promise<Measurement> {
  const { trader, venue, floors } = rig;
  const { warmUps, samples } = sizes.perExchange;
  const [ours, floor]: [number[], number[]] = [[], []];
  const subscriber = await rig.subscribe();
  await trader.placeOrder(darkOrder(NEVER_PRICE));
  for (let number = 0; number < warmUps + samples; number += 1) {
    const pushedUs = await floors.push();
    const clientId = `${FLOOR_ID}${number}`;
    const submitted = await floors.submit(clientId);
    const bareUs = (await venue.submissionUs((id) => id === clientId)) - submitted.sentUs + pushedUs;
    const { data: orderId } = await trader.placeOrder(darkOrder(TRIGGER_PRICE));
    await pause(ARMED_MS);
    const before = await venue.newestNumber();
    const pricedUs = await venue.price(SYMBOL, TRIGGER_PRICE);
    const receivedUs = await venue.submissionUs((id) => !id.startsWith('floor-'), before);
    await subscriber.event('ORDER_FILLED', orderId);
    await venue.price(SYMBOL, MARKET_PRICE);
    if (number < warmUps) continue;
    ours.push((receivedUs - pricedUs) / 1_000);
    floor.push(bareUs / 1_000);
  }
  await subscriber.close();
  await trader.cancelAll();
  note(`${samples} samples`);
  return { name: 'price → trigger → exchange receives', unit: 'ms', better: 'lower', bar: 2, ours, floor };
}
