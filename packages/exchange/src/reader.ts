import type { ExchangeId } from '@orderplane/domain';
import { NormalizationError, normalizeFunds, normalizeTickers, readNative } from '@orderplane/normalization';
import type {
  NormalizedFill,
  NormalizedFunds,
  NormalizedOrder,
  NormalizedTicker,
  SymbolTable,
} from '@orderplane/normalization';

export interface ReadPayload {
  readonly orders: readonly NormalizedOrder[];
  readonly fills: readonly NormalizedFill[];
  /** One line for each entry that could not be read; null when all could. */
  readonly error: string | null;
}

/** Native payload → this system's words, with the market list of the exchange at hand. Never throws. */
export interface Reader {
  rest(method: string, payload: unknown): ReadPayload;
  stream(method: string, payload: unknown): ReadPayload;
  /** Nothing of what an answer says counts when it can't be read whole. */
  funds(method: string, payload: unknown): NormalizedFunds & { readonly error: string | null };
  ticker(transport: 'rest' | 'ws', method: string, payload: unknown, receivedAt: string): readonly NormalizedTicker[];
}

const MAXIMUM_NAMED_ERRORS = 3;

export function readerFor(exchange: ExchangeId, symbols: SymbolTable): Reader {
  const read = (transport: 'rest' | 'ws', method: string, payload: unknown): ReadPayload => {
    try {
      const { orders, fills, errors } = readNative({ exchange, transport, method, payload }, { symbols });
      const named = errors.slice(0, MAXIMUM_NAMED_ERRORS).map((one) => one.message);
      return { orders, fills, error: named.length === 0 ? null : named.join('; ') };
    } catch (error) {
      const evidence = error instanceof NormalizationError ? error.evidence : null;
      const message = error instanceof Error ? error.message : String(error);
      return { orders: evidence?.orders ?? [], fills: evidence?.fills ?? [], error: message };
    }
  };
  return {
    rest: (method, payload) => read('rest', method, payload),
    stream: (method, payload) => read('ws', method, payload),
    funds: (method, payload) => {
      try {
        return { ...normalizeFunds({ exchange, transport: 'rest', method, payload }, { symbols }), error: null };
      } catch (error) {
        return { balances: [], positions: [], error: error instanceof Error ? error.message : String(error) };
      }
    },
    ticker: (transport, method, payload, receivedAt) => {
      try {
        return normalizeTickers({ exchange, transport, method, payload }, receivedAt, { symbols });
      } catch {
        return [];
      }
    },
  };
}
