import type { CcxtInstance } from '../../ccxt.ts';
import { DeadlinePassed } from '../../transport.ts';

/** The longest receive window that Binance takes, ms. */
const LONGEST_WINDOW_MS = 60_000;

/** A parameter of ours: the instant (ms) after which Binance must refuse the request. Turned into a window when signing. */
const DEADLINE = 'orderplaneDeadline';

export const until = (deadlineAt: string): Readonly<Record<string, number>> => ({ [DEADLINE]: Date.parse(deadlineAt) });

/**
 * Binance counts `recvWindow` from the request's own timestamp, so the window is cut to the deadline at the moment of
 * signing: a request that is signed again later keeps its deadline. Both stamps come from one clock, so its offset cancels out.
 */
export function signWithDeadlines(instance: CcxtInstance): void {
  const sign = instance.sign.bind(instance);
  instance.sign = (path, api, method, parameters, ...rest) => {
    const deadline = parameters[DEADLINE];
    if (typeof deadline !== 'number') return sign(path, api, method, parameters, ...rest);
    const left = Math.floor(deadline - instance.milliseconds());
    if (left <= 0) throw new DeadlinePassed();
    const { [DEADLINE]: _ours, ...native } = parameters;
    return sign(path, api, method, { ...native, recvWindow: Math.min(LONGEST_WINDOW_MS, left) }, ...rest);
  };
}

/** -1021 (timestamp outside the window) is a definite refusal: take the exchange's time and sign again. */
export async function repairClock(instance: CcxtInstance, error: unknown): Promise<boolean> {
  if (!(error instanceof Error) || !/"code":\s*-1021\b|^refused: -1021\b/.test(error.message)) return false;
  await instance.loadTimeDifference();
  return true;
}
