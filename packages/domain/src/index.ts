export * from './decimal.ts';
export * from './vocabulary.ts';
export * from './market.ts';
export * from './order-spec.ts';
export * from './risk.ts';
export * from './rate-limits/index.ts';
export * from './turns.ts';
