import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Metric } from 'prom-client';
import { withDeadline } from './timing.ts';

/** Seconds, from one millisecond to the longest wait that a service allows itself. */
const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** A scrape does not wait longer for what has to be asked for, ms. */
const READ_WITHIN_MS = 2_000;

export interface Metrics {
  readonly registry: Registry;
  readonly contentType: string;
  /** Asking again for a known name gives the same metric. Names get the prefix `orderplane_`. */
  counter<L extends string = never>(name: string, help: string, labels?: readonly L[]): Counter<L>;
  gauge<L extends string = never>(name: string, help: string, labels?: readonly L[]): Gauge<L>;
  /** In seconds, unless other buckets are given. */
  histogram<L extends string = never>(
    name: string,
    help: string,
    labels?: readonly L[],
    buckets?: readonly number[],
  ): Histogram<L>;
  /** Runs `work` and records its seconds, also when it throws. */
  time<T>(histogram: Histogram<'outcome'>, work: () => Promise<T>): Promise<T>;
  /** `read` sets gauges that are known only by asking; it runs before each scrape. What it can't read stays as it was. */
  beforeScrape(read: () => Promise<void>): void;
  /** Prometheus text format. */
  text(): Promise<string>;
}

export function createMetrics(service: string, options: { readonly processMetrics?: boolean } = {}): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  if (options.processMetrics !== false) collectDefaultMetrics({ register: registry });
  const known = <M extends Metric>(name: string, create: (full: string) => M): M => {
    const full = `orderplane_${name}`;
    return (registry.getSingleMetric(full) as M | undefined) ?? create(full);
  };
  const registers = [registry];
  const reads: (() => Promise<void>)[] = [];
  return {
    registry,
    contentType: registry.contentType,
    counter: (name, help, labels = []) =>
      known(name, (full) => new Counter({ name: full, help, labelNames: [...labels], registers })),
    gauge: (name, help, labels = []) =>
      known(name, (full) => new Gauge({ name: full, help, labelNames: [...labels], registers })),
    histogram: (name, help, labels = [], buckets = LATENCY_BUCKETS) =>
      known(
        name,
        (full) => new Histogram({ name: full, help, labelNames: [...labels], buckets: [...buckets], registers }),
      ),
    async time(histogram, work) {
      const stop = histogram.startTimer();
      try {
        const result = await work();
        stop({ outcome: 'ok' });
        return result;
      } catch (cause) {
        stop({ outcome: 'error' });
        throw cause;
      }
    },
    beforeScrape: (read) => void reads.push(read),
    text: async () => {
      const all = Promise.allSettled(reads.map((read) => read()));
      await withDeadline(all, READ_WITHIN_MS, 'reading gauges').catch(() => undefined);
      return registry.metrics();
    },
  };
}
