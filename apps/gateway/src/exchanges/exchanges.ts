import { TIMES_IN_FORCE } from '@orderplane/domain';
import type { ExchangeCapabilities } from '@orderplane/exchange/capabilities';
import { redactText } from '@orderplane/service-kit';
import type { ExchangeHealthRecord } from '@orderplane/store';
import type { ExchangeHealth, ExchangeInfo, QueryResolvers } from '../schema/types.generated.ts';

export const exchanges: NonNullable<QueryResolvers['exchanges']> = async (_, __, { ports }) => {
  const health = new Map((await ports.observations.exchangeHealth()).map((record) => [record.exchange, record]));
  return Object.values(ports.capabilities).map((capabilities) =>
    infoOf(capabilities, health.get(capabilities.exchange)),
  );
};

function infoOf(capabilities: ExchangeCapabilities, health: ExchangeHealthRecord | undefined): ExchangeInfo {
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
      deadMansSwitch: capabilities.deadMansSwitch,
      submissionDeadline: capabilities.submissionDeadlineMs !== null,
      marketByQuoteSize: marketByQuoteSize.BUY || marketByQuoteSize.SELL,
    },
    health: healthOf(health),
  };
}

/** An exchange that nobody has asked yet is not known to be reachable. */
const healthOf = (record: ExchangeHealthRecord | undefined): ExchangeHealth => ({
  reachable: record?.reachable ?? false,
  streamConnected: record?.streamConnected ?? false,
  rateLimitedUntil: record?.rateLimitedUntil ?? null,
  lastError: redactText(record?.lastError ?? '') || null,
});
