import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Span,
} from '@opentelemetry/api';
import { redactText } from '../redaction.ts';

/** What a span says beside its name and its times: ids and words of closed sets, never a payload. Null says nothing. */
export type SpanFacts = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface OpenSpan {
  note(facts: SpanFacts): void;
  /** Shown as failed although the work returned. */
  fail(why: string): void;
}

export interface SpanOptions {
  readonly kind?: 'internal' | 'server' | 'client' | 'consumer' | 'producer';
  /** A traceparent from elsewhere; default: what is under way here. */
  readonly parent?: string | null;
}

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  consumer: SpanKind.CONSUMER,
  producer: SpanKind.PRODUCER,
} as const;
const SILENT: OpenSpan = { note: () => undefined, fail: () => undefined };
export const TRACER = 'orderplane';

let tracing = false;
/** False unless this process was told where to send traces: then nothing of this file does anything. */
export const isTracing = (): boolean => tracing;
/** For `startTracing`. */
export const switchTracing = (on: boolean): void => {
  tracing = on;
};

/**
 * Runs `work` as one span of the trace under way. Without tracing it is the call and nothing else. A rejection marks the
 * span as failed and goes on.
 */
export function traced<T>(
  name: string,
  facts: SpanFacts,
  work: (span: OpenSpan) => Promise<T>,
  { kind = 'internal', parent }: SpanOptions = {},
): Promise<T> {
  if (!tracing) return work(SILENT);
  const from = typeof parent === 'string' ? contextOf(parent) : context.active();
  const options = { kind: KINDS[kind], attributes: safe(facts) };
  return trace.getTracer(TRACER).startActiveSpan(name, options, from, async (span) => {
    try {
      return await work(openSpan(span));
    } catch (cause) {
      failed(span, cause instanceof Error ? cause.message : String(cause));
      throw cause;
    } finally {
      span.end();
    }
  });
}

/** Something that has ended, told after it; `sinceMs`: when it began (Unix, ms), left out for what took no time. */
export function marked(
  name: string,
  facts: SpanFacts,
  { kind = 'internal', parent, sinceMs }: SpanOptions & { readonly sinceMs?: number } = {},
): void {
  if (!tracing) return;
  const from = typeof parent === 'string' ? contextOf(parent) : context.active();
  const options = {
    kind: KINDS[kind],
    attributes: safe(facts),
    ...(sinceMs === undefined ? {} : { startTime: sinceMs }),
  };
  trace.getTracer(TRACER).startSpan(name, options, from).end();
}

/** Runs `work` as a part of the trace that `parent` names, without a span of its own. */
export const continuing = <T>(parent: string, work: () => T): T =>
  tracing ? context.with(contextOf(parent), work) : work();

/** The span under way, to be noted on by who did not open it; null: there is none. */
export function currentSpan(): (OpenSpan & { rename(name: string): void }) | null {
  const span = tracing ? trace.getActiveSpan() : undefined;
  if (span === undefined) return null;
  return { ...openSpan(span), rename: (name) => void span.updateName(name) };
}

/** For log lines; null: no trace is under way. */
export const currentTraceId = (): string | null =>
  (tracing ? trace.getActiveSpan()?.spanContext().traceId : undefined) ?? null;

/** Of the trace under way, to be handed to who goes on with it (W3C Trace Context); null: there is none. */
export function traceparent(): string | null {
  if (!tracing) return null;
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent ?? null;
}

const contextOf = (parent: string) => propagation.extract(ROOT_CONTEXT, { traceparent: parent });

const openSpan = (span: Span): OpenSpan => ({
  note: (facts) => void span.setAttributes(safe(facts)),
  fail: (why) => failed(span, why),
});

const failed = (span: Span, why: string): void =>
  void span.setStatus({ code: SpanStatusCode.ERROR, message: redactText(why).slice(0, 300) });

/** No secret leaves the process, not in traces either. */
function safe(facts: SpanFacts): Attributes {
  const attributes: Attributes = {};
  for (const [name, value] of Object.entries(facts)) {
    if (value === null || value === undefined) continue;
    attributes[name] = typeof value === 'string' ? redactText(value).slice(0, 300) : value;
  }
  return attributes;
}
