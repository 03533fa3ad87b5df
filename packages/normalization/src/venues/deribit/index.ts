import type { Venue } from '../../venue.ts';
import { readFunds } from './funds.ts';
import { readPayload } from './payload.ts';
import { deribitSymbol } from './symbols.ts';
import { deribitClientId, deribitTables } from './tables.ts';
import { readTickers } from './ticker.ts';

/** Deribit spot and perpetuals: JSON-RPC over HTTP and WebSocket. */
export const deribit: Venue = {
  exchange: 'deribit',
  tables: deribitTables,
  clientId: deribitClientId,
  symbolOf: deribitSymbol,
  read: readPayload,
  readTickers,
  readFunds,
};
