import type { ExchangeId, OrderStatus, OrderType, TimeInForce } from '@orderplane/domain';
import { NormalizationError, UnreadablePayload } from './errors.ts';
import type { NormalizedFill, NormalizedFunds, NormalizedOrder, NormalizedPayload, NormalizedTicker } from './model.ts';
import type { SymbolTable } from './symbols.ts';

/** What a venue's reader may use besides the payload. */
export interface ReadContext {
  readonly symbols: SymbolTable | null;
  /** What was asked, as a hint only: a ccxt method, an endpoint or a name. Empty when unknown. */
  readonly method: string;
}

/** One payload, read as far as it can be. `errors` names the entries that could not be read; the rest counts. */
export interface Reading extends NormalizedPayload {
  readonly errors: readonly NormalizationError[];
}

export const NOTHING: Reading = { orders: [], fills: [], errors: [] };
export const reading = (orders: readonly NormalizedOrder[], fills: readonly NormalizedFill[] = []): Reading => ({
  orders,
  fills,
  errors: [],
});

export function combine(parts: readonly Reading[]): Reading {
  return {
    orders: parts.flatMap((part) => part.orders),
    fills: parts.flatMap((part) => part.fills),
    errors: parts.flatMap((part) => part.errors),
  };
}

/** Any failure as a NormalizationError: a reader's RangeError is an unreadable payload too. */
export const asNormalizationError = (error: unknown): NormalizationError =>
  error instanceof NormalizationError
    ? error
    : new UnreadablePayload(error instanceof Error ? error.message : String(error), error);

/** Reads every entry by itself, so that one bad entry does not hide the others. */
export function readEach<Item>(
  items: readonly Item[],
  read: (item: Item) => Reading,
  orderIdOf: (item: Item) => string | null,
): Reading {
  return combine(
    items.map((item) => {
      try {
        return read(item);
      } catch (error) {
        const failure = asNormalizationError(error);
        return { ...NOTHING, errors: [failure.orderId === null ? failure.withOrderId(orderIdOf(item)) : failure] };
      }
    }),
  );
}

/** A venue's words as data. */
export interface VenueTables {
  /** Native status word → status. Derived cases (a "closed" order that is not filled) are rules, not words. */
  readonly status: Readonly<Record<string, OrderStatus>>;
  /** The word the venue uses for each status; null where it has none. */
  readonly nativeStatus: Readonly<Record<OrderStatus, string | null>>;
  /** Native type word → type; null for types that this system has no word for. */
  readonly type: Readonly<Record<string, OrderType | null>>;
  /** The word the venue uses for each type; null where it has none. */
  readonly nativeType: Readonly<Record<OrderType, string | null>>;
  readonly timeInForce: Readonly<Record<string, TimeInForce>>;
}

/** How a UUID becomes a client id that the venue accepts. */
export interface ClientIdRule {
  /** What the venue accepts. */
  readonly accepts: RegExp;
  readonly prefix: string;
  readonly dashes: boolean;
  /** Where the alphabet and the length are from. */
  readonly source: string;
}

/** Everything shared code knows of a venue. One folder implements it, one line of the registry lists it. */
export interface Venue {
  readonly exchange: ExchangeId;
  readonly tables: VenueTables;
  readonly clientId: ClientIdRule;
  /** Native market id → canonical symbol; throws UnknownWord for an id it can't split. */
  readonly symbolOf: (nativeId: string, symbols: SymbolTable | null) => string;
  /** Throws NormalizationError. */
  readonly read: (payload: unknown, context: ReadContext) => Reading;
  /** Throws NormalizationError. `receivedAt` stands in where the venue gives no time. */
  readonly readTickers: (payload: unknown, context: ReadContext, receivedAt: string) => readonly NormalizedTicker[];
  /** Balances and positions. An entry that can't be read spoils the whole: half of what is owned is no answer. Throws NormalizationError. */
  readonly readFunds: (payload: unknown, context: ReadContext) => NormalizedFunds;
}
