import { endpoint } from '../../ccxt.ts';
import { isRecord } from '../../outcome.ts';
import type { SwitchCalls } from '../../venue.ts';

/** "Cancel All After" (doc): pending orders of all markets; 0 ends the timer. */
export const okxSwitch: SwitchCalls = {
  set: (instance, seconds) => endpoint(instance, 'privatePostTradeCancelAllAfter')({ timeOut: String(seconds ?? 0) }),
  // triggerTime: ms since the epoch, 0 where it is off.
  confirms: (payload, seconds) => {
    const data: unknown = isRecord(payload) ? payload['data'] : null;
    const entry: unknown = Array.isArray(data) ? data[0] : null;
    return isRecord(entry) && (seconds === null || Number(entry['triggerTime']) > 0);
  },
};
