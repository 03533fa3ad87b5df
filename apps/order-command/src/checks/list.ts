import { early, type EarlyCheck, type LateCheck } from './check.ts';
import { isFreshEnough, restsOnOpenOrders } from './freshness.ts';
import { isCovered, isReducing, onlyReduces, takesFunds } from './funds.ts';
import { isWorthEnough, takesOrders, takesSize, takesSteps } from './market.ts';
import {
  canBeValued,
  isInCollar,
  isInCollarOnceReached,
  isJudgedByLast,
  needsLastForValue,
  waitsInCollar,
} from './prices.ts';
import { checkShape } from './shape.ts';
import { isReachable, isSupported, isTradable } from './standing.ts';

/**
 * Every check of an order, in the order in which they are judged; the first refusal is the answer, and nothing is written.
 * Idempotency comes before all of it: a repeat is answered with the first order, whatever has changed since. `at`: a new
 * order (place), a change of one, and a dark order whose trigger has fired. `dependsOn`: what is read for it. What an account
 * sets no limit for costs nothing.
 */
// prettier-ignore
export const CHECKS: readonly (EarlyCheck | LateCheck)[] = [
  // the order by itself
  early({ name: 'account not halted',        codes: ['ACCOUNT_HALTED', 'NOT_FOUND'],          at: ['place', 'change', 'fire'], dependsOn: 'intent',   judge: isTradable }),
  early({ name: 'terms make sense',          codes: ['INVALID_INPUT'],                        at: ['place'],                   dependsOn: 'intent',   judge: ({ input, nowMs }) => (input === null ? null : checkShape(input, nowMs)) }),
  early({ name: 'exchange has it',           codes: ['UNSUPPORTED_BY_EXCHANGE'],              at: ['place', 'fire'],           dependsOn: 'intent',   judge: isSupported }),
  // the market's rules
  early({ name: 'market open',               codes: ['EXCHANGE_UNAVAILABLE', 'INVALID_INPUT'], at: ['place', 'change', 'fire'], dependsOn: 'market',  judge: takesOrders }),
  early({ name: 'steps',                     codes: ['PRECISION'],                            at: ['place', 'change', 'fire'], dependsOn: 'market',   judge: takesSteps }),
  early({ name: 'minimum and maximum size',  codes: ['MIN_NOTIONAL', 'INVALID_INPUT'],        at: ['place', 'change', 'fire'], dependsOn: 'market',   judge: takesSize }),
  early({ name: 'minimum notional',          codes: ['MIN_NOTIONAL'],                         at: ['place', 'change', 'fire'], dependsOn: 'market',   judge: isWorthEnough }),
  early({ name: 'trigger',                   codes: ['INVALID_INPUT', 'UNSUPPORTED_BY_EXCHANGE', 'EXCHANGE_UNAVAILABLE'], at: ['place', 'change'], dependsOn: 'trigger', applies: ({ trigger }) => trigger !== null, judge: (_, wrong) => wrong }),
  // who is to be asked
  early({ name: 'exchange can be reached',   codes: ['EXCHANGE_UNAVAILABLE'],                 at: ['place'],                   dependsOn: 'exchange', judge: isReachable }),
  // the account's limits
  early({ name: 'price collar',              codes: ['RISK_LIMIT_EXCEEDED', 'STALE_DATA'],    at: ['place', 'change', 'fire'], dependsOn: 'prices',   applies: isJudgedByLast, judge: isInCollar }),
  early({ name: 'price collar once reached', codes: ['RISK_LIMIT_EXCEEDED'],                  at: ['place', 'change'],         dependsOn: 'intent',   applies: waitsInCollar, judge: isInCollarOnceReached }),
  early({ name: 'value can be told',         codes: ['STALE_DATA'],                           at: ['place'],                   dependsOn: 'prices',   applies: needsLastForValue, judge: canBeValued }),
  // what is known of the account
  early({ name: 'fresh open orders',         codes: ['STALE_DATA'],                           at: ['place', 'change'],         dependsOn: 'freshness', applies: restsOnOpenOrders, judge: isFreshEnough }),
  // what the account owns, as last read at the exchange
  early({ name: 'reduces its position',      codes: ['INSUFFICIENT_FUNDS'],                   at: ['place', 'change', 'fire'], dependsOn: 'positions', applies: onlyReduces, judge: isReducing }),
  early({ name: 'available balance',         codes: ['INSUFFICIENT_FUNDS'],                   at: ['place', 'change', 'fire'], dependsOn: 'balances', applies: takesFunds, judge: isCovered }),
  // the account's limits, against all that is open
  { kind: 'maxOrderNotional', name: 'maximum order notional', codes: ['RISK_LIMIT_EXCEEDED'], at: ['place', 'change', 'fire'], dependsOn: 'openOrders' },
  { kind: 'maxOpenOrders',    name: 'maximum open orders',    codes: ['RISK_LIMIT_EXCEEDED'], at: ['place', 'fire'],           dependsOn: 'openOrders' },
  { kind: 'maxOpenNotional',  name: 'maximum open notional',  codes: ['RISK_LIMIT_EXCEEDED'], at: ['place', 'change', 'fire'], dependsOn: 'openOrders' },
  { kind: 'duplicate',        name: 'duplicate',              codes: ['DUPLICATE_ORDER'],     at: ['place', 'change'],         dependsOn: 'openOrders' },
];
