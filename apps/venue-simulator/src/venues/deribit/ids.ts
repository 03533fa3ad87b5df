import type { OrderType } from '@orderplane/domain';

/** Orders have plain numbers; stops have names of their own, and create an order with a number when they trigger. */
const ORDERS = 46_000_000_000;
const STOPS = 1_000_000;
const TRADES = 250_000_000;
const STOP = 'SLTS-';

export const orderIdOf = (number: number, type: OrderType): string =>
  type === 'STOP_LIMIT' || type === 'STOP_MARKET' ? `${STOP}${STOPS + number}` : String(ORDERS + number);
export const tradeIdOf = (number: number): string => String(TRADES + number);

/** The id of the order that the stop with that number creates: its number is used by no other order. */
export const createdIdOf = (number: number): string => String(ORDERS + number);
