import type { ExchangeId } from '@orderplane/domain';
import type { VenueDefinition } from './venue.ts';
import { binance } from './venues/binance/index.ts';
import { coinbase } from './venues/coinbase/index.ts';
import { deribit } from './venues/deribit/index.ts';
import { kraken } from './venues/kraken/index.ts';
import { kucoin } from './venues/kucoin/index.ts';
import { mexc } from './venues/mexc/index.ts';
import { okx } from './venues/okx/index.ts';

/** One line per exchange. An exchange id without a line does not compile. */
export const VENUES: Readonly<Record<ExchangeId, VenueDefinition>> = {
  binance,
  kraken,
  coinbase,
  kucoin,
  mexc,
  okx,
  deribit,
};
