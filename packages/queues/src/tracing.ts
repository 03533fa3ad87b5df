import { context, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { Job, JobsOptions } from 'bullmq';

/**
 * How a trace goes on through a queue: the job's options carry its `traceparent` (in the field that BullMQ keeps for it).
 * That is no state: a job without one, or with a wrong one, does the same. BullMQ's own instrumentation is left out: it
 * makes spans of every look into a queue. Where the process does not trace, the calls of the API here do nothing.
 */
const TRACER = 'orderplane';

/** The trace under way, for the options of a job; nothing where there is none, or the job is not to carry it. */
export function carried(options: JobsOptions | undefined): Pick<JobsOptions, 'telemetry'> {
  if (options?.telemetry?.omitContext === true) return {};
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent === undefined ? {} : { telemetry: { metadata: carrier.traceparent } };
}

/** Runs a job as one span, in the trace of whoever added it. */
export function tracedJob<T>(queue: string, job: Job, work: () => Promise<T>): Promise<T> {
  const parent = job.opts.telemetry?.metadata;
  const from = parent === undefined ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, { traceparent: String(parent) });
  const attributes = {
    'messaging.system': 'bullmq',
    'messaging.operation.type': 'process',
    'messaging.destination.name': queue,
    'messaging.message.id': job.id ?? '',
    'orderplane.waited_ms': Math.max(0, (job.processedOn ?? job.timestamp) - job.timestamp),
  };
  return spanned(`${queue} process`, { kind: SpanKind.CONSUMER, attributes }, from, work);
}

/** A job that is added and waited for. */
export const tracedRequest = <T>(queue: string, work: () => Promise<T>): Promise<T> =>
  spanned(
    `${queue} request`,
    {
      kind: SpanKind.PRODUCER,
      attributes: { 'messaging.system': 'bullmq', 'messaging.destination.name': queue },
    },
    context.active(),
    work,
  );

function spanned<T>(
  name: string,
  options: Parameters<ReturnType<typeof trace.getTracer>['startSpan']>[1] & object,
  from: ReturnType<typeof context.active>,
  work: () => Promise<T>,
): Promise<T> {
  return trace.getTracer(TRACER).startActiveSpan(name, options, from, async (span) => {
    try {
      return await work();
    } catch (error) {
      // The words may be anybody's: the class says enough, the log has the rest.
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' });
      throw error;
    } finally {
      span.end();
    }
  });
}
