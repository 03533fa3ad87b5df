import type { CcxtInstance } from '../../ccxt.ts';
import { DeadlinePassed } from '../../transport.ts';
import { forgetListenKey } from './listen-key.ts';

/** MEXC takes windows below 60 s. */
const LONGEST_WINDOW_MS = 59_999;

/** A parameter of ours: the instant (ms) after which MEXC must refuse the request. Turned into a window when signing. */
const DEADLINE = 'orderplaneDeadline';

export const until = (deadlineAt: string): Readonly<Record<string, number>> => ({ [DEADLINE]: Date.parse(deadlineAt) });

/** An instant of our clock in MEXC's time, ms. The offset is 0 until a refused timestamp made us ask for it. */
export const exchangeTime = (instance: CcxtInstance, ms: number): number => {
  const offset = instance.options['timeDifference'];
  return ms - (typeof offset === 'number' ? offset : 0);
};

/**
 * MEXC counts `recvWindow` from the request's own timestamp, so the window is cut to the deadline at the moment of
 * signing: a request that is signed again later keeps its deadline. ccxt writes its option over the parameter of that
 * name, so the option is what is set, for the time that signing takes; it is synchronous. Both stamps come from one
 * clock, so its offset cancels out.
 */
export function signWithDeadlines(instance: CcxtInstance): void {
  const sign = instance.sign.bind(instance);
  const { options } = instance;
  instance.sign = (path, api, method, parameters, ...rest) => {
    const deadline = parameters[DEADLINE];
    if (typeof deadline !== 'number') return sign(path, api, method, parameters, ...rest);
    const left = Math.floor(deadline - instance.milliseconds());
    if (left <= 0) throw new DeadlinePassed();
    const { [DEADLINE]: _ours, ...native } = parameters;
    const before = options['recvWindow'];
    options['recvWindow'] = Math.min(LONGEST_WINDOW_MS, left);
    try {
      return sign(path, api, method, native, ...rest);
    } finally {
      options['recvWindow'] = before;
    }
  };
}

/** ccxt's list of markets would also ask the contract API, which is of no use here and can only fail. */
export function leaveContractsOut(instance: CcxtInstance): void {
  Object.assign(instance, { fetchSwapMarkets: () => Promise.resolve([]) });
}

/**
 * 700003 (timestamp outside the window) is a definite refusal: take the exchange's time and sign again. A listen key
 * that the stream refuses is given up; the next dial asks for another.
 */
export async function repairMexc(instance: CcxtInstance, error: unknown): Promise<boolean> {
  if (!(error instanceof Error)) return false;
  if (error.message.startsWith('refused')) forgetListenKey(instance);
  if (!/"code":\s*"?700003\b/.test(error.message)) return false;
  await instance.loadTimeDifference();
  return true;
}
