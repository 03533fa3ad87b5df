export * from './spans.ts';
export { startTracing, TRACING_ENVIRONMENT, type Tracing } from './start.ts';
