import { context, diag, DiagLogLevel, propagation, trace } from '@opentelemetry/api';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { z } from 'zod';
import type { Logger } from '../logger.ts';
import { withDeadline } from '../timing.ts';
import { AsyncContextManager, TraceparentPropagator } from './context.ts';
import { switchTracing } from './spans.ts';

/** Names of the OpenTelemetry specification, so that a collector's documentation holds for this too. */
export const TRACING_ENVIRONMENT = {
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .url({ protocol: /^https?$/, error: 'not an address like http://collector:4318' })
    .optional()
    .describe('where traces go (OTLP over HTTP, http://collector:4318); unset: no tracing, at no cost'),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .regex(/^[^=,\s]+=[^,]*(,[^=,\s]+=[^,]*)*$/, 'not a list like name=value,name=value')
    .optional()
    .describe('headers for the collector, name=value,name=value; secret'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      'the part of all traces that is kept, 0 to 1 (unset: 1); a caller that sends a traceparent decides for its own',
    ),
};
const TracingSchema = z.object(TRACING_ENVIRONMENT);

/** How long finished spans wait for company, ms. */
const EXPORT_EVERY_MS = 1_000;
const EXPORT_TIMEOUT_MS = 5_000;
/** The collector may be away at the end: nobody waits for it longer, ms. */
const FLUSH_MS = 1_500;

export interface Tracing {
  /** Sends what is left. Never rejects. */
  close(): Promise<void>;
}

interface TracingOptions {
  readonly service: string;
  readonly log: Pick<Logger, 'warn'>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** For tests: where spans go instead. */
  readonly exporter?: SpanExporter;
}

/**
 * Begins to trace where the environment says so; else null, and the libraries are not even loaded. A wrong environment
 * is told by whoever reads all of it.
 */
export async function startTracing(options: TracingOptions): Promise<Tracing | null> {
  const { service, log, environment = process.env } = options;
  const given = Object.fromEntries(
    Object.keys(TRACING_ENVIRONMENT).flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])),
  );
  const parsed = TracingSchema.safeParse(given);
  const endpoint = parsed.data?.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (parsed.data === undefined || (endpoint === undefined && options.exporter === undefined)) return null;
  const [sdk, { OTLPTraceExporter }, { resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  diag.setLogger(diagnostics(log), { logLevel: DiagLogLevel.ERROR, suppressOverrideMessage: true });
  const exporter =
    options.exporter ??
    new OTLPTraceExporter({
      url: `${String(endpoint).replace(/\/+$/, '')}/v1/traces`,
      headers: headersOf(parsed.data.OTEL_EXPORTER_OTLP_HEADERS ?? ''),
      timeoutMillis: EXPORT_TIMEOUT_MS,
    });
  const processor = new sdk.BatchSpanProcessor({
    exporter,
    scheduledDelayMillis: EXPORT_EVERY_MS,
    exportTimeoutMillis: EXPORT_TIMEOUT_MS,
    // Beyond it spans are dropped: tracing never holds up an order.
    maxQueueSize: 10_000,
  });
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.namespace': 'orderplane' }),
    sampler: new sdk.ParentBasedSampler({
      root: new sdk.TraceIdRatioBasedSampler(parsed.data.OTEL_TRACES_SAMPLER_ARG ?? 1),
    }),
    spanProcessors: [processor],
  });
  context.setGlobalContextManager(new AsyncContextManager());
  propagation.setGlobalPropagator(new TraceparentPropagator());
  trace.setGlobalTracerProvider(provider);
  switchTracing(true);
  return {
    close: async () => {
      switchTracing(false);
      await withDeadline(provider.shutdown(), FLUSH_MS, 'sending the last spans').catch(() => undefined);
      for (const api of [trace, propagation, context]) api.disable();
    },
  };
}

const headersOf = (list: string): Record<string, string> =>
  Object.fromEntries(
    list
      .split(',')
      .filter((pair) => pair.includes('='))
      .map((pair) => [pair.slice(0, pair.indexOf('=')).trim(), decodeURIComponent(pair.slice(pair.indexOf('=') + 1))]),
  );

/** A collector that is away is worth a line, and no more: nothing but traces is lost. */
function diagnostics(log: Pick<Logger, 'warn'>) {
  const quiet = (): void => undefined;
  const error = (message: string): void => log.warn({ diagnostic: message.slice(0, 300) }, 'traces could not be sent');
  return { error, warn: quiet, info: quiet, debug: quiet, verbose: quiet };
}
