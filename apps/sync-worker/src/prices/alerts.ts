import type { AlertBell } from '@orderplane/queues';
import type { CrashPoint, Logger } from '@orderplane/service-kit';
import type { Alert, AlertStore } from '@orderplane/store';
import type { Armed } from '@orderplane/planner';
import type { TriggerConsumer } from './model.ts';

const toArmed = ({ id, exchange, trigger, createdAt }: Alert): Armed => ({
  id,
  exchange,
  symbol: trigger.symbol,
  source: trigger.source,
  direction: trigger.direction,
  price: trigger.price,
  // The terms of an alert never change.
  version: 1,
  armedAt: createdAt,
});

/** Alerts only notify: to fire one is to write that it has fired. */
export function alertConsumer(options: {
  readonly alerts: Pick<AlertStore, 'needs' | 'armed' | 'fire'>;
  readonly bell: AlertBell;
  readonly clock: { iso(): string };
  readonly crashPoint: CrashPoint;
  readonly log: Logger;
}): TriggerConsumer {
  const { alerts, bell, clock, crashPoint, log } = options;
  return {
    name: 'alert',
    needs: () => alerts.needs(),
    armed: async (exchange, symbol, since) => (await alerts.armed(exchange, symbol, since)).map(toArmed),
    fire: async ({ id, exchange, symbol }, { price, at, source }) => {
      crashPoint('alert:before-fire', id);
      const fired = await alerts.fire(id, { price, priceAt: at, at: clock.iso() });
      crashPoint('alert:after-fire', id);
      if (fired === null) return;
      log.info({ alertId: id, exchange, symbol, source, price }, 'an alert has fired');
      bell.changed(fired.accountId);
    },
  };
}
