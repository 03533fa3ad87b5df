/**
 * KuCoin's ids. An order has 24 hexadecimal digits. A stop order has an id of the stop service until it is triggered
 * ("vs…"); what it places then has an order id of its own. Both are made from the number of the order and lead back to it.
 */
const ORDER_PREFIX = '691f0000';
const ORDER_SPACE = 2n ** 64n;
/** Odd, so that n ↦ n × multiplier is a bijection of the space and neighbours do not look alike. */
const ORDER_MULTIPLIER = 0x9e3779b97f4a7c15n;

export const orderIdOf = (number: number): string =>
  ORDER_PREFIX + ((BigInt(number) * ORDER_MULTIPLIER) % ORDER_SPACE).toString(16).padStart(16, '0');

const STOP_PREFIX = 'vs9';
const STOP_DIGITS = 21;
const STOP_SPACE = 32n ** BigInt(STOP_DIGITS);
const STOP_MULTIPLIER = 0x1d872b41a9f2c3e5b7086d93n;

export const stopIdOf = (number: number): string =>
  STOP_PREFIX + ((BigInt(number) * STOP_MULTIPLIER) % STOP_SPACE).toString(32).padStart(STOP_DIGITS, '0');

/** The inverse of an odd number modulo a power of two, by Newton's steps: each doubles the bits that are right. */
function inverse(odd: bigint, space: bigint): bigint {
  let found = 1n;
  for (let bits = 1; bits < 128; bits *= 2) found = (((found * (2n - odd * found)) % space) + space) % space;
  return found;
}
const STOP_INVERSE = inverse(STOP_MULTIPLIER, STOP_SPACE);

const STOP_ID = new RegExp(`^${STOP_PREFIX}[0-9a-v]{${STOP_DIGITS}}$`);

/** Null for what is no id of a stop order. */
export function numberOfStopId(id: string): number | null {
  if (!STOP_ID.test(id)) return null;
  let value = 0n;
  for (const digit of id.slice(STOP_PREFIX.length)) value = value * 32n + BigInt(parseInt(digit, 32));
  const number = (value * STOP_INVERSE) % STOP_SPACE;
  return number <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(number) : null;
}

/** Trade ids are integers above 2^53: a client that reads them as doubles takes neighbours for one trade. */
const TRADE_BASE = 11_029_373_945_659_392n;
export const tradeIdOf = (number: number): string => String(TRADE_BASE + BigInt(number));

/** Places in the lists of ended orders and fills (`lastId`): plain JSON integers. */
const LIST_BASE = 19_814_995_000_000;
export const listIdOf = (number: number): number => LIST_BASE + number;
