export * from './model.ts';
export * from './errors.ts';
export * from './symbols.ts';
export * from './client-id.ts';
export * from './normalize.ts';
export { canonicalSymbol, statusOf, typeOf, venueOf, VENUES } from './registry.ts';
export { REASON_SELF_TRADE, REASON_TIME_IN_FORCE, REASON_VENUE } from './lifecycle.ts';
export { toDecimal } from './fields.ts';
export type { ClientIdRule, Reading, Venue, VenueTables } from './venue.ts';
