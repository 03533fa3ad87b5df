import type { CcxtInstance } from '../../ccxt.ts';
import { DeadlinePassed } from '../../transport.ts';

/** KuCoin refuses a request whose timestamp differs by this from its clock (documentation, "Timestamps"). */
export const TIMESTAMP_LIFE_MS = 5_000;

/** The only endpoint with a window of its own. */
const WITH_WINDOW = 'hf/orders';

/** A parameter of ours: the instant (ms) after which KuCoin must refuse the request. Turned into its terms when signing. */
const DEADLINE = 'orderplaneDeadline';

export const until = (deadlineAt: string): Readonly<Record<string, number>> => ({ [DEADLINE]: Date.parse(deadlineAt) });

/**
 * Orders carry a window that ends at the deadline: `clientTimestamp`, which must be the timestamp of the request, plus
 * `allowMaxTimeWindow`. Endpoints without one (stop orders, cancels) have the five seconds for which a timestamp is good:
 * it is set back so far that they end at the deadline. Window and timestamp come from one clock, so its offset cancels
 * out; a request that is signed again keeps its deadline.
 */
export function signWithDeadlines(instance: CcxtInstance): void {
  const sign = instance.sign.bind(instance);
  const clock = instance.nonce.bind(instance);
  instance.sign = (path, api, method, parameters, ...rest) => {
    const deadline = parameters[DEADLINE];
    if (typeof deadline !== 'number') return sign(path, api, method, parameters, ...rest);
    // The clock is read for the timestamp first: what passes in between shortens the window.
    const now = clock();
    const left = Math.floor(deadline - instance.milliseconds());
    if (left <= 0) throw new DeadlinePassed();
    const { [DEADLINE]: _ours, ...native } = parameters;
    const hasWindow = path === WITH_WINDOW && method === 'POST';
    const timestamp = hasWindow ? now : now - Math.max(0, TIMESTAMP_LIFE_MS - left);
    const window = hasWindow ? { clientTimestamp: now, allowMaxTimeWindow: left } : {};
    instance.nonce = () => timestamp;
    try {
      return sign(path, api, method, { ...native, ...window }, ...rest);
    } finally {
      instance.nonce = clock;
    }
  };
}

/** An invalid timestamp is a definite refusal: take the exchange's time and sign again. */
export async function repairClock(instance: CcxtInstance, error: unknown): Promise<boolean> {
  if (!(error instanceof Error) || !/"code":\s*"?400002\b/.test(error.message)) return false;
  await instance.loadTimeDifference();
  return true;
}
