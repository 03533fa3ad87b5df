import { isTracing, marked, type Metrics } from '@orderplane/service-kit';
import type { JournalWakeUp } from '@orderplane/store';
import type { OrderLine } from './journal.ts';

/** Orders whose trace is remembered until their update goes out. */
const MAX_TRACES = 10_000;

/**
 * How news reach subscribers: how long after it happened the first of them gets a line, and, while somebody traces, that
 * as the end of the order's trace. One figure and one span for each line, however many follow.
 */
export class Tellings {
  readonly #nowMs: () => number;
  readonly #lag: { observe(seconds: number): void };
  readonly #traces = new Map<string, string>();
  readonly #told = new WeakSet<object>();

  constructor({ metrics, clock }: { readonly metrics: Metrics; readonly clock: { now(): Date } }) {
    this.#nowMs = () => clock.now().getTime();
    this.#lag = metrics.histogram('gateway_update_lag_seconds', 'From an event to its first subscriber');
  }

  /** What a wake-up says of traces. */
  heard(news: JournalWakeUp): void {
    if (!isTracing() || news.traces === undefined) return;
    for (const [orderId, trace] of Object.entries(news.traces)) {
      // The newest last, so that the oldest is forgotten first.
      this.#traces.delete(orderId);
      this.#traces.set(orderId, trace);
    }
    for (const orderId of this.#traces.keys()) {
      if (this.#traces.size <= MAX_TRACES) break;
      this.#traces.delete(orderId);
    }
  }

  /** A live line is handed to a subscriber. */
  told({ accountId, event }: OrderLine): void {
    if (this.#told.has(event)) return;
    this.#told.add(event);
    this.#lag.observe(Math.max(0, this.#nowMs() - Date.parse(event.at)) / 1_000);
    const parent = this.#traces.get(event.orderId);
    if (parent === undefined) return;
    const facts = { 'orderplane.order_id': event.orderId, 'orderplane.account_id': accountId };
    marked('orderUpdates push', { ...facts, 'orderplane.cursor': String(event.cursor) }, { kind: 'producer', parent });
  }
}
