import type { Venue } from '../../venue.ts';
import { readFunds } from './funds.ts';
import { readPayload } from './payload.ts';
import { kucoinSymbol } from './symbols.ts';
import { kucoinClientId, kucoinTables } from './tables.ts';
import { readTickers } from './ticker.ts';

/** KuCoin spot: the high-frequency endpoints, stop orders, and the classic stream. */
export const kucoin: Venue = {
  exchange: 'kucoin',
  tables: kucoinTables,
  clientId: kucoinClientId,
  symbolOf: kucoinSymbol,
  read: readPayload,
  readTickers,
  readFunds,
};
