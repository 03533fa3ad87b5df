import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import type { SwitchCalls } from '../../venue.ts';

/**
 * "Set DCP" (doc), `dead-cancel-all`: without `symbols` the orders of all markets; -1 ends it. High-frequency orders; stop
 * orders that have not triggered are kept by another service, and are not said to be covered.
 */
export const kucoinSwitch: SwitchCalls = {
  set: (instance, seconds) => endpoint(instance, 'privatePostHfOrdersDeadCancelAll')({ timeout: seconds ?? -1 }),
  // triggerTime: seconds since the epoch.
  confirms: (payload, seconds) => isRecord(payload) && (seconds === null || Number(payload['triggerTime']) > 0),
};
