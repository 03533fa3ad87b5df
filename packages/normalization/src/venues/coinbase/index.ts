import type { Venue } from '../../venue.ts';
import { readFunds } from './funds.ts';
import { readPayload } from './payload.ts';
import { coinbaseSymbol } from './symbols.ts';
import { coinbaseClientId, coinbaseTables } from './tables.ts';
import { readTickers } from './ticker.ts';

/** Coinbase Advanced Trade: REST and WebSocket. */
export const coinbase: Venue = {
  exchange: 'coinbase',
  tables: coinbaseTables,
  clientId: coinbaseClientId,
  symbolOf: coinbaseSymbol,
  read: readPayload,
  readTickers,
  readFunds,
};
