import { isPositive, isStop, type UserError } from '@orderplane/domain';
import type { PlaceInput } from '@orderplane/queues';
import { userError } from '../context.ts';

/** Furthest expiry that is taken for meant: a typo in the year would rest for ever. */
const MAX_EXPIRY_MS = 366 * 86_400_000;

type Check = (input: PlaceInput, nowMs: number) => UserError | null;

const positive =
  (field: 'size' | 'quoteSize' | 'price' | 'stopPrice'): Check =>
  (input) => {
    const value = input[field];
    return value === null || isPositive(value)
      ? null
      : userError('INVALID_INPUT', `${field} must be above zero`, field);
  };

const oneSize: Check = (input) => {
  if (input.size !== null && input.quoteSize !== null)
    return userError('INVALID_INPUT', 'give size or quoteSize, not both', 'quoteSize');
  if (input.size === null && input.quoteSize === null)
    return userError('INVALID_INPUT', 'give the size (or, for a market order, quoteSize)', 'size');
  if (input.quoteSize !== null && input.type !== 'MARKET')
    return userError('INVALID_INPUT', 'quoteSize is for market orders only: give size', 'quoteSize');
  return null;
};

const price: Check = (input) => {
  const needed = input.type === 'LIMIT' || input.type === 'STOP_LIMIT';
  if (needed && input.price === null) return userError('INVALID_INPUT', `a ${input.type} order needs a price`, 'price');
  if (!needed && input.price !== null)
    return userError('INVALID_INPUT', `a ${input.type} order takes no price: leave it out`, 'price');
  return null;
};

const stopPrice: Check = (input) => {
  const needed = isStop(input);
  if (needed && input.stopPrice === null)
    return userError('INVALID_INPUT', `a ${input.type} order needs a stopPrice`, 'stopPrice');
  if (!needed && input.stopPrice !== null)
    return userError('INVALID_INPUT', `a ${input.type} order takes no stopPrice: leave it out`, 'stopPrice');
  return null;
};

const expiry: Check = (input, nowMs) => {
  if (input.timeInForce !== 'GTT') {
    return input.expiresAt === null
      ? null
      : userError('INVALID_INPUT', 'expiresAt goes with timeInForce GTT only', 'expiresAt');
  }
  if (input.expiresAt === null) return userError('INVALID_INPUT', 'a GTT order needs expiresAt', 'expiresAt');
  const at = Date.parse(input.expiresAt);
  if (at <= nowMs) return userError('INVALID_INPUT', 'expiresAt is in the past: give a time to come', 'expiresAt');
  if (at > nowMs + MAX_EXPIRY_MS) return userError('INVALID_INPUT', 'expiresAt is more than a year away', 'expiresAt');
  return null;
};

const trigger: Check = (input) => {
  if (input.mode !== 'DARK')
    return input.trigger === undefined
      ? null
      : userError('INVALID_INPUT', 'a trigger goes with mode DARK: give both, or leave the trigger out', 'trigger');
  return input.trigger === undefined && !isStop(input)
    ? userError('INVALID_INPUT', 'a DARK order needs a trigger: the price that it waits for', 'trigger')
    : null;
};

/** A market order that waits here may wait for a limited time. */
const isTimed = ({ mode, timeInForce }: PlaceInput): boolean => mode === 'DARK' && timeInForce === 'GTT';

const marketTime: Check = (input) =>
  input.type === 'MARKET' && input.timeInForce !== 'GTC' && input.timeInForce !== 'IOC' && !isTimed(input)
    ? userError(
        'INVALID_INPUT',
        `a MARKET order executes at once: timeInForce ${input.timeInForce} has no meaning`,
        'timeInForce',
      )
    : null;

const postOnly: Check = (input) =>
  input.postOnly && (input.type === 'MARKET' || input.timeInForce === 'IOC' || input.timeInForce === 'FOK')
    ? userError('INVALID_INPUT', 'a post-only order must rest: use LIMIT with GTC or GTT', 'postOnly')
    : null;

/** What any exchange would find senseless, whatever the market. In this order; the first that fails is told. */
const SHAPE_CHECKS: readonly Check[] = [
  positive('size'),
  positive('quoteSize'),
  positive('price'),
  positive('stopPrice'),
  oneSize,
  price,
  stopPrice,
  expiry,
  trigger,
  marketTime,
  postOnly,
];

export function checkShape(input: PlaceInput, nowMs: number): UserError | null {
  for (const check of SHAPE_CHECKS) {
    const error = check(input, nowMs);
    if (error !== null) return error;
  }
  return null;
}
