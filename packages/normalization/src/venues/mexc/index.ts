import type { Venue } from '../../venue.ts';
import { readFunds } from './funds.ts';
import { readPayload } from './payload.ts';
import { mexcSymbol } from './symbols.ts';
import { mexcClientId, mexcTables } from './tables.ts';
import { readTickers } from './ticker.ts';

/** MEXC spot: REST and the (decoded) stream. */
export const mexc: Venue = {
  exchange: 'mexc',
  tables: mexcTables,
  clientId: mexcClientId,
  symbolOf: mexcSymbol,
  read: readPayload,
  readTickers,
  readFunds,
};
