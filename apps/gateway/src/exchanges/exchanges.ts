import { TIMES_IN_FORCE } from '@orderplane/domain';
import type { ExchangeCapabilities } from '@orderplane/exchange/capabilities';
import type { StandingPause } from '@orderplane/queues';
import { redactText } from '@orderplane/service-kit';
import type { ExchangeHealthRecord } from '@orderplane/store';
import type { ExchangeHealth, ExchangeInfo, QueryResolvers } from '../schema/types.generated.ts';

export const exchanges: NonNullable<QueryResolvers['exchanges']> = async (_, __, { ports }) => {
  const [records, pauses] = await Promise.all([ports.observations.exchangeHealth(), ports.pauses.standing()]);
  const health = new Map(records.map((record) => [record.exchange, record]));
  const nowMs = ports.clock.now().getTime();
  return Object.values(ports.capabilities).map((capabilities) =>
    infoOf(capabilities, healthOf(health.get(capabilities.exchange), pauses.get(capabilities.exchange) ?? null, nowMs)),
  );
};

function infoOf(capabilities: ExchangeCapabilities, health: ExchangeHealth): ExchangeInfo {
  const native = new Set(capabilities.orderTypes.flatMap((type) => capabilities.timesInForce[type]));
  if (capabilities.emulatesGtt) native.add('GTT');
  const { marketByQuoteSize } = capabilities;
  return {
    id: capabilities.exchange,
    name: capabilities.name,
    modes: capabilities.modes,
    orderTypes: capabilities.orderTypes,
    timesInForce: TIMES_IN_FORCE.filter((timeInForce) => native.has(timeInForce)),
    capabilities: {
      postOnly: capabilities.postOnly,
      reduceOnly: capabilities.reduceOnly,
      amend: capabilities.amend !== 'none',
      lookupByClientId: capabilities.lookupByClientId,
      cancelByClientId: capabilities.cancelByClientId,
      orderStream: capabilities.orderStream,
      deadMansSwitch: capabilities.deadMansSwitch !== null,
      deadMansSwitchSeconds: capabilities.deadMansSwitch,
      submissionDeadline: capabilities.submissionDeadlineMs !== null,
      marketByQuoteSize: marketByQuoteSize.BUY || marketByQuoteSize.SELL,
    },
    health,
  };
}

/**
 * An exchange that nobody has asked yet is not known to be reachable. A limit that is over is not shown; the database
 * remembers one that Redis has lost.
 */
function healthOf(
  record: ExchangeHealthRecord | undefined,
  pause: StandingPause | null,
  nowMs: number,
): ExchangeHealth {
  const recorded = record?.rateLimitedUntil ?? null;
  const untilMs = Math.max(pause?.untilMs ?? 0, recorded === null ? 0 : Date.parse(recorded));
  const isLimited = untilMs > nowMs;
  return {
    reachable: record?.reachable ?? false,
    streamConnected: record?.streamConnected ?? false,
    rateLimitedUntil: isLimited ? new Date(untilMs).toISOString() : null,
    rateLimitReason: isLimited ? redactText(pause?.reason ?? '') || null : null,
    lastError: redactText(record?.lastError ?? '') || null,
  };
}
