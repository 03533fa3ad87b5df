import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import type { SwitchCalls } from '../../venue.ts';

/**
 * "Cancel All Orders After X" (doc): all orders of the account, stops included. A timeout of 0 ends the timer; one that
 * has run out stays off until the next call.
 */
export const krakenSwitch: SwitchCalls = {
  set: (instance, seconds) => endpoint(instance, 'privatePostCancelAllOrdersAfter')({ timeout: seconds ?? 0 }),
  // triggerTime: an instant, or 0 where it is off.
  confirms: (payload, seconds) =>
    isRecord(payload) &&
    payload['triggerTime'] !== undefined &&
    (seconds === null || (typeof payload['triggerTime'] === 'string' && payload['triggerTime'].length > 1)),
};
