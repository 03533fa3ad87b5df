import type { ExchangeId } from '@orderplane/domain';
import type { NormalizationError } from './errors.ts';
import type { NormalizedOrder, NormalizedPayload } from './model.ts';
import { normalize, normalizeTickers } from './normalize.ts';

/** For tests: readers of one exchange's payloads. */
export function readersOf(exchange: ExchangeId) {
  const from = (payload: unknown, method = '', transport: 'rest' | 'ws' = 'rest'): NormalizedPayload =>
    normalize({ exchange, transport, method, payload });
  /** The one order of a payload. */
  const only = (payload: unknown): NormalizedOrder => {
    const { orders } = from(payload);
    const [order] = orders;
    if (order === undefined || orders.length !== 1) throw new Error(`${orders.length} orders instead of one`);
    return order;
  };
  /** What reading the payload fails with. */
  const failure = (payload: unknown, method = ''): NormalizationError => {
    try {
      from(payload, method);
    } catch (error) {
      return error as NormalizationError;
    }
    throw new Error('was read, and should not be');
  };
  const tickers = (payload: unknown, receivedAt: string) =>
    normalizeTickers({ exchange, transport: 'ws', method: '', payload }, receivedAt);
  return { from, only, failure, tickers };
}
