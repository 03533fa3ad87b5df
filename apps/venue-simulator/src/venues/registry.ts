import { binance } from './binance/index.ts';
import { coinbase } from './coinbase/index.ts';
import { deribit } from './deribit/index.ts';
import { kraken } from './kraken/index.ts';
import { kucoin } from './kucoin/index.ts';
import { mexc } from './mexc/index.ts';
import { okx } from './okx/index.ts';
import type { VenueDefinition } from './protocol.ts';

/** Every simulated exchange: one folder, one line. */
export const VENUES: readonly VenueDefinition[] = [binance, kraken, coinbase, kucoin, mexc, okx, deribit];
