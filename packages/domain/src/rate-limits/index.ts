export * from './model.ts';
export { metersOf, rankOf, SLICES } from './meter.ts';
export type { Meter } from './meter.ts';
export * from './book.ts';
export { GRACE_MS, LONGEST_LINE, LONGEST_WAIT_MS } from './line.ts';
