import type { ExchangeId } from '@orderplane/domain';
import type { ExchangeHealthRecord, ObservationStore } from '@orderplane/store';

/** A state that has not changed is written again this often, so that readers can tell it from a forgotten one. */
const RENEW_MS = 20_000;

type Facts = Pick<ExchangeHealthRecord, 'reachable' | 'streamConnected' | 'lastError'>;

/** What this process knows of each exchange's health; written when it changes. */
export interface HealthBoard {
  report(exchange: ExchangeId, facts: Partial<Facts>): Promise<void>;
}

export function createHealthBoard(
  observations: ObservationStore,
  clock: { now(): Date; iso(): string },
  onError: (error: unknown) => void,
): HealthBoard {
  const known = new Map<ExchangeId, Facts & { readonly writtenAtMs: number }>();
  return {
    report: async (exchange, facts) => {
      const before = known.get(exchange);
      const next: Facts = {
        reachable: facts.reachable ?? before?.reachable ?? true,
        streamConnected: facts.streamConnected ?? before?.streamConnected ?? false,
        lastError: facts.lastError === undefined ? (before?.lastError ?? null) : facts.lastError,
      };
      const nowMs = clock.now().getTime();
      const same =
        before !== undefined &&
        before.reachable === next.reachable &&
        before.streamConnected === next.streamConnected &&
        before.lastError === next.lastError &&
        nowMs - before.writtenAtMs < RENEW_MS;
      if (same) return;
      known.set(exchange, { ...next, writtenAtMs: nowMs });
      await observations
        .setExchangeHealth({ exchange, ...next, rateLimitedUntil: null, at: clock.iso() })
        .catch(onError);
    },
  };
}
