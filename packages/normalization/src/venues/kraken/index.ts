import type { Venue } from '../../venue.ts';
import { readFunds } from './funds.ts';
import { readPayload } from './payload.ts';
import { krakenSymbol } from './symbols.ts';
import { krakenClientId, krakenTables } from './tables.ts';
import { readTickers } from './ticker.ts';

/** Kraken spot: REST and WebSocket v2. */
export const kraken: Venue = {
  exchange: 'kraken',
  tables: krakenTables,
  clientId: krakenClientId,
  symbolOf: krakenSymbol,
  read: readPayload,
  readTickers,
  readFunds,
};
