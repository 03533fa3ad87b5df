import { EXCHANGE_IDS, type PauseNotice } from '@orderplane/domain';
import type { ObservationStore } from '@orderplane/store';

/** Shows a pause that an exchange demanded among the exchange's health. It ends by itself there too. */
export const showPauses =
  (
    observations: Pick<ObservationStore, 'setRateLimited'>,
    clock: { now(): Date; iso(): string },
    onError: (error: unknown) => void,
  ) =>
  ({ place, forMs }: PauseNotice): void => {
    const exchange = EXCHANGE_IDS.find((id) => place.startsWith(`${id}:`));
    if (exchange === undefined) return;
    const until = new Date(clock.now().getTime() + forMs).toISOString();
    observations.setRateLimited(exchange, until, clock.iso()).catch(onError);
  };
