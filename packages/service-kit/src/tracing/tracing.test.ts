import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  continuing,
  currentSpan,
  isTracing,
  marked,
  startTracing,
  traced,
  traceparent,
  type Tracing,
} from './index.ts';

const log = { warn: () => undefined };

describe('without an endpoint', () => {
  test('nothing is traced, and the work is called as it is', async () => {
    expect(await startTracing({ service: 'probe', log, environment: {} })).toBeNull();
    expect(isTracing()).toBe(false);
    const work = Promise.resolve(1);
    expect(traced('name', {}, () => work)).toBe(work);
    expect([traceparent(), currentSpan()]).toEqual([null, null]);
  });

  test('nor with a wrong one: whoever reads the whole environment tells it', async () => {
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: 'no address' };
    expect(await startTracing({ service: 'probe', log, environment })).toBeNull();
  });
});

describe('with an exporter', () => {
  let exporter: InMemorySpanExporter;
  let tracing: Tracing | null;
  beforeEach(async () => {
    exporter = new InMemorySpanExporter();
    // What is sent can be read until the exporter is shut down with the rest.
    exporter.shutdown = () => Promise.resolve();
    tracing = await startTracing({ service: 'probe', log, environment: {}, exporter });
  });
  afterEach(() => tracing?.close());
  const finished = async () => {
    await tracing?.close();
    return exporter.getFinishedSpans();
  };

  test('a span holds across awaits, and its traceparent leads on to others', async () => {
    let handedOn: string | null = null;
    await traced('outer', { id: 1, none: null }, async (span) => {
      await new Promise((resolve) => setImmediate(resolve));
      handedOn = traceparent();
      span.note({ more: 'x' });
      await traced('inner', {}, () => Promise.resolve());
    });
    expect(traceparent()).toBeNull();
    const parent = String(handedOn);
    continuing(parent, () => marked('elsewhere', {}));
    await traced('further', {}, () => Promise.resolve(), { parent, kind: 'consumer' });
    const spans = await finished();
    expect(spans.map(({ name }) => name)).toEqual(['inner', 'outer', 'elsewhere', 'further']);
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(1);
    const outer = spans.find(({ name }) => name === 'outer');
    expect(outer?.attributes).toEqual({ id: 1, more: 'x' });
    const parents = spans.filter(({ name }) => name !== 'outer').map((span) => span.parentSpanContext?.spanId);
    expect(new Set(parents)).toEqual(new Set([outer?.spanContext().spanId]));
    expect(parent).toBe(`00-${outer?.spanContext().traceId}-${outer?.spanContext().spanId}-01`);
  });

  test('a failure goes on, and is told without its secrets', async () => {
    const fail = () => Promise.reject(new Error('at redis://:hush@host/ with token=abcdefgh'));
    await expect(traced('failing', { url: 'redis://u:hush@host' }, fail)).rejects.toThrow('hush');
    const [span] = await finished();
    expect(span?.status.code).toBe(2);
    expect(JSON.stringify([span?.status, span?.attributes])).not.toMatch(/hush|abcdefgh/);
  });

  test.each(['', 'junk', `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`, `00-${'1'.repeat(32)}-${'1'.repeat(16)}`])(
    'a wrong traceparent (%j) is none',
    async (parent) => {
      await traced('alone', {}, () => Promise.resolve(), { parent });
      expect((await finished())[0]?.parentSpanContext).toBeUndefined();
    },
  );

  test('a caller that does not sample is heard', async () => {
    const parent = `00-${'1'.repeat(32)}-${'1'.repeat(16)}-00`;
    await traced('unsampled', {}, () => Promise.resolve(), { parent });
    expect(await finished()).toEqual([]);
  });
});
