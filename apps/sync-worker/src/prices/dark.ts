import { Folding, type Armed, type Fired } from '@orderplane/planner';
import type { FiringDesk } from '@orderplane/queues';
import { record, type Change, type RecorderOptions } from '@orderplane/recorder';
import type { CrashPoint, Logger } from '@orderplane/service-kit';
import type { ArmedOrder, DarkOrderStore, OrderRecord } from '@orderplane/store';
import type { TriggerConsumer } from './model.ts';

const toArmed = ({ orderId, exchange, trigger }: ArmedOrder): Armed => ({
  id: orderId,
  exchange,
  symbol: trigger.symbol,
  source: trigger.source,
  direction: trigger.direction,
  price: trigger.price,
  version: trigger.version,
  armedAt: trigger.armedAt,
});

/**
 * Dark orders. To fire one is to write that it has fired, and nothing else: it is on its way from that commit on. Its checks
 * are asked for at once; a request that is lost with this process is made again by the resync.
 */
export function darkConsumer(options: {
  readonly dark: DarkOrderStore;
  readonly recorder: RecorderOptions;
  readonly firing: FiringDesk;
  readonly crashPoint: CrashPoint;
  readonly log: Logger;
}): TriggerConsumer {
  const { dark, recorder, firing, crashPoint, log } = options;
  return {
    name: 'dark',
    needs: () => dark.needs(),
    armed: async (exchange, symbol, since) => (await dark.armed(exchange, symbol, since)).map(toArmed),
    fire: async (armed, fired) => {
      crashPoint('dark:before-fire', armed.id);
      const written = await record(recorder, armed.id, (current, at) => firedBy(current, armed, fired, at));
      crashPoint('dark:after-fire', armed.id);
      if (written?.changed !== true) return;
      const { intent } = written.record;
      const { exchange, symbol } = armed;
      log.info({ orderId: armed.id, exchange, symbol, source: fired.source, price: fired.price }, 'a dark order fires');
      // Not waited for: it is fired, whatever becomes of the request.
      void firing.check(intent).then(() => crashPoint('dark:after-request', armed.id));
    },
  };
}

/**
 * The trigger must be the one that was reached: a change of it makes what an older one saw void. A change of anything else
 * leaves the trigger, and what it has seen, as it is. Null: it has ended, was fired, or waits for another price by now.
 */
function firedBy(
  { intent, actual }: OrderRecord,
  armed: Armed,
  { source, price, at: priceAt }: Fired,
  at: string,
): Change | null {
  const { machine } = actual;
  if (machine.life !== 'DARK_OPEN' || intent.trigger?.version !== armed.version) return null;
  const folding = new Folding(machine, { at, visibilityDelayMs: 0 });
  const reason = `${armed.symbol} ${source} ${price} at ${priceAt}`;
  folding.apply({ type: 'Triggered', darkVersion: machine.darkVersion, reason }, 'system');
  const { machine: after, journal } = folding.result();
  return { machine: after, journal, reconciliation: { fired: { price, priceAt, at } } };
}
