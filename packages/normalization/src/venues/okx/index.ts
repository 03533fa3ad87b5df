import type { Venue } from '../../venue.ts';
import { readFunds } from './funds.ts';
import { readPayload } from './payload.ts';
import { okxSymbol } from './symbols.ts';
import { okxClientId, okxTables } from './tables.ts';
import { readTickers } from './ticker.ts';

/** OKX spot: REST v5 and WebSocket v5. */
export const okx: Venue = {
  exchange: 'okx',
  tables: okxTables,
  clientId: okxClientId,
  symbolOf: okxSymbol,
  read: readPayload,
  readTickers,
  readFunds,
};
