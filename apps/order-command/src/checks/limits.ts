import type { LimitRefusal, UserError } from '@orderplane/domain';
import { userError } from '../context.ts';
import type { Terms } from './check.ts';

/** What the statement that would have written the order said, in words: the limit, the value, and what to change of what was given. */
export function limitExceeded(refusal: LimitRefusal, given: Pick<Terms, 'size' | 'quoteSize'>): UserError {
  const amount = given.size !== null ? 'size' : given.quoteSize !== null ? 'quoteSize' : 'price';
  switch (refusal.kind) {
    case 'maxOrderNotional':
      return userError(
        'RISK_LIMIT_EXCEEDED',
        `the order is worth ${refusal.value} ${refusal.currency}, the account's maxOrderNotional is ${refusal.limit}: make it smaller, or raise the limit (setRiskLimits)`,
        amount,
      );
    case 'maxOpenOrders':
      return userError(
        'RISK_LIMIT_EXCEEDED',
        `the account has ${refusal.open} open orders, its maxOpenOrders is ${refusal.limit}: cancel one, wait for one to end, or raise the limit (setRiskLimits)`,
        'accountId',
      );
    case 'maxOpenNotional':
      return userError(
        'RISK_LIMIT_EXCEEDED',
        `the order is worth ${refusal.value} ${refusal.currency}, and orders worth ${refusal.open} are open; the account's maxOpenNotional is ${refusal.limit}: make it smaller, cancel some, or raise the limit (setRiskLimits)`,
        amount,
      );
    case 'duplicate':
      return userError(
        'DUPLICATE_ORDER',
        `order ${refusal.orderId} is open at the same symbol, side and price, and the account rejects duplicates: give another price, or change or cancel that order`,
        'price',
      );
  }
}
