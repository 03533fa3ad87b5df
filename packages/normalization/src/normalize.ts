import { has, isRecord } from './fields.ts';
import type { NormalizedFunds, NormalizedPayload, NormalizedTicker } from './model.ts';
import { venueOf } from './registry.ts';
import type { SymbolTable } from './symbols.ts';
import { asNormalizationError } from './venue.ts';
import type { ReadContext, Reading } from './venue.ts';

export interface NativePayload {
  readonly exchange: string;
  readonly transport: 'rest' | 'ws';
  /** A ccxt method ("watchOrders"), an endpoint ("GET /api/v3/order") or a name ("GetOrder"): a hint, may be "". */
  readonly method: string;
  /** Parsed JSON: a single object, a list, or the exchange's envelope; also ccxt's unified objects, of which `info` is read. */
  readonly payload: unknown;
}

export interface NormalizeOptions {
  /** The exchange's market list, where it is known. */
  readonly symbols?: SymbolTable;
}

const contextOf = (input: NativePayload, options: NormalizeOptions): ReadContext => ({
  symbols: options.symbols ?? null,
  method: input.method,
});

/** ccxt's unified orders and trades carry the native object in `info`; it alone is read. */
function unwrapUnified(payload: unknown): unknown {
  if (Array.isArray(payload)) return payload.map(unwrapUnified);
  const unified = isRecord(payload) && has(payload, 'info', 'symbol') && typeof payload['info'] === 'object';
  return unified ? payload['info'] : payload;
}

/**
 * Reads a native payload as far as it can be read: one bad entry of a list is named in `errors` and does not hide the
 * others. Throws NormalizationError when the payload as a whole is unreadable or is the exchange's refusal.
 */
export function readNative(input: NativePayload, options: NormalizeOptions = {}): Reading {
  const venue = venueOf(input.exchange);
  try {
    return venue.read(unwrapUnified(input.payload), contextOf(input, options));
  } catch (error) {
    throw asNormalizationError(error);
  }
}

/**
 * What a native payload says about orders and executions. Recognised by its shape. Throws NormalizationError when
 * anything in it can't be read; the error then carries what could be as `evidence`.
 */
export function normalize(input: NativePayload, options: NormalizeOptions = {}): NormalizedPayload {
  const { orders, fills, errors } = readNative(input, options);
  const [first] = errors;
  if (first === undefined) return { orders, fills };
  throw orders.length + fills.length > 0 ? first.withEvidence({ orders, fills }) : first;
}

/** The tickers of a native payload. `receivedAt` (RFC 3339) stands in where the exchange gives no time. Throws NormalizationError. */
export function normalizeTickers(
  input: NativePayload,
  receivedAt: string,
  options: NormalizeOptions = {},
): readonly NormalizedTicker[] {
  const venue = venueOf(input.exchange);
  try {
    return venue.readTickers(unwrapUnified(input.payload), contextOf(input, options), receivedAt);
  } catch (error) {
    throw asNormalizationError(error);
  }
}

/** What a native payload says about balances and positions. Throws NormalizationError when any entry can't be read. */
export function normalizeFunds(input: NativePayload, options: NormalizeOptions = {}): NormalizedFunds {
  const venue = venueOf(input.exchange);
  try {
    return venue.readFunds(input.payload, contextOf(input, options));
  } catch (error) {
    throw asNormalizationError(error);
  }
}
