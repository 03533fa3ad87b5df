import type { CcxtInstance } from '../../ccxt.ts';
import type { MillisecondClock } from '../../venue.ts';

/** An instant of our clock in Kraken's time, ms. The offset is 0 until a refused deadline made us ask for it. */
export const exchangeTime = (instance: CcxtInstance, ms: number): number => {
  const offset = instance.options['timeDifference'];
  return ms - (typeof offset === 'number' ? offset : 0);
};

/**
 * Nonces in µs of the wall clock, strictly increasing also when the clock steps back. Several processes share a key,
 * so the wall clock (and not a counter) is what keeps their nonces in one order; ccxt's ms collide (measured).
 */
export function nonceOfWallClock(instance: CcxtInstance, clock: MillisecondClock): void {
  let last = 0;
  instance.nonce = () => {
    const fraction = Math.floor((performance.now() * 1000) % 1000);
    last = Math.max(last + 1, clock.now() * 1000 + fraction);
    return last;
  };
}

/** Offsets below this are the resolution of Kraken's own clock answer (whole seconds). */
const SMALLEST_OFFSET_MS = 1_500;

/**
 * An invalid nonce is a definite refusal: another process sent a newer one first. Signed again it gets a fresh nonce.
 * An elapsed deadline can mean that our clock is behind: the offset is learnt for the next request, and this one
 * stays in doubt.
 */
export async function repairNonce(instance: CcxtInstance, error: unknown): Promise<boolean> {
  if (!(error instanceof Error)) return false;
  if (error.message.includes('EService:Deadline elapsed')) {
    await instance.loadTimeDifference().catch(() => undefined);
    const learnt = instance.options['timeDifference'];
    if (typeof learnt !== 'number' || Math.abs(learnt) < SMALLEST_OFFSET_MS) instance.options['timeDifference'] = 0;
    return false;
  }
  return error.message.includes('EAPI:Invalid nonce');
}
