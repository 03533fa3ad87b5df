import type { CcxtInstance } from '../../ccxt.ts';
import type { NonceRule } from '../../send-gate.ts';
import type { MillisecondClock } from '../../venue.ts';

/** An instant of our clock in Kraken's time, ms. The offset is 0 until a refused deadline made us ask for it. */
export const exchangeTime = (instance: CcxtInstance, ms: number): number => {
  const offset = instance.options['timeDifference'];
  return ms - (typeof offset === 'number' ? offset : 0);
};

/** In `options` of the instance: the nonce that the next request was given in its turn. */
const GIVEN = 'orderplaneNonce';

/**
 * Nonces in µs of the wall clock, strictly increasing also when the clock steps back; ccxt's ms collide (measured). One
 * that was given in turn goes first: several processes share a key, and neither are their clocks one, nor do requests
 * arrive in the order in which they left.
 */
export function nonceOfWallClock(instance: CcxtInstance, clock: MillisecondClock): void {
  let last = 0;
  instance.nonce = () => {
    const given = instance.options[GIVEN];
    const fraction = Math.floor((performance.now() * 1000) % 1000);
    const own = Math.max(last + 1, clock.now() * 1000 + fraction);
    last = typeof given === 'number' && given >= last ? given : own;
    instance.options[GIVEN] = undefined;
    return last;
  };
}

/**
 * Kraken refuses every nonce that is not above the last one, and bans a key for too many of them ("Too many requests with
 * nonces below the last valid nonce (EAPI:Invalid nonce) can result in temporary bans", Kraken's documentation as quoted
 * in ccxt#5110; "use a counter with a mutex", its page on errors). A nonce window of the key would allow them, if set.
 */
export const krakenNonces: NonceRule = {
  propose: (instance) => instance.nonce(),
  use: (instance, nonce) => {
    instance.options[GIVEN] = nonce;
  },
};

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
