import { ACCOUNT_MODES, EXCHANGE_IDS, type ExchangeId } from '@orderplane/domain';
import { readPauses, type StandingPause } from '@orderplane/queues';
import type { Clock } from '@orderplane/service-kit';
import type { Redis } from 'ioredis';
import type { Pauses } from '../ports.ts';

const PLACES = EXCHANGE_IDS.flatMap((exchange) =>
  ACCOUNT_MODES.map((mode) => ({ exchange, place: `${exchange}:${mode}` })),
);

/** The longest pause of each exchange, of all modes of account, as the adapters left them in Redis. */
export const createPauses = (redis: Redis, clock: Clock, onError: (cause: unknown) => void): Pauses => ({
  standing: async () => {
    const found = new Map<ExchangeId, StandingPause>();
    try {
      const names = PLACES.map(({ place }) => place);
      const standing = await readPauses(redis, names, clock.now().getTime());
      for (const { exchange, place } of PLACES) {
        const pause = standing.get(place);
        if (pause !== undefined && pause.untilMs > (found.get(exchange)?.untilMs ?? 0)) found.set(exchange, pause);
      }
    } catch (cause) {
      onError(cause);
    }
    return found;
  },
});
