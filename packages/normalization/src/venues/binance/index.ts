import type { Venue } from '../../venue.ts';
import { readFunds } from './funds.ts';
import { readPayload } from './payload.ts';
import { binanceSymbol } from './symbols.ts';
import { binanceClientId, binanceTables } from './tables.ts';
import { readTickers } from './ticker.ts';

/** Binance spot: REST, WebSocket API and user data stream. */
export const binance: Venue = {
  exchange: 'binance',
  tables: binanceTables,
  clientId: binanceClientId,
  symbolOf: binanceSymbol,
  read: readPayload,
  readTickers,
  readFunds,
};
