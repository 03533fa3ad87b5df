import type { CcxtInstance } from '../../ccxt.ts';

/** An instant of our clock in Deribit's time, whole ms. The offset is 0 until a passed deadline made us ask for it. */
export const exchangeTime = (instance: CcxtInstance, ms: number): number => {
  const offset = instance.options['timeDifference'];
  return Math.floor(ms - (typeof offset === 'number' ? offset : 0));
};

/**
 * A deadline that had passed on arrival can mean that our clock is behind: the offset is learnt for the next request.
 * This one stays in doubt, because the same word also names a timeout of the server.
 */
export async function learnOffset(instance: CcxtInstance, error: unknown): Promise<boolean> {
  const isTimedOut = error instanceof Error && /"code":\s*"?13888\b|timed_out/.test(error.message);
  if (isTimedOut) await instance.loadTimeDifference().catch(() => undefined);
  return false;
}
