/**
 * KuCoin's ids. An order has 24 hexadecimal digits. A stop order has an id of the stop service until it is triggered
 * ("vs…"); what it places then has an order id of its own.
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

/** True for ids of the stop service, whether their stop still waits or not. */
export const isStopId = (id: string): boolean => id.startsWith(STOP_PREFIX);

/** Trade ids are integers above 2^53: a client that reads them as doubles takes neighbours for one trade. */
const TRADE_BASE = 11_029_373_945_659_392n;
export const tradeIdOf = (number: number): string => String(TRADE_BASE + BigInt(number));

/** Places in the lists of ended orders and fills (`lastId`): plain JSON integers. */
const LIST_BASE = 19_814_995_000_000;
export const listIdOf = (number: number): number => LIST_BASE + number;
