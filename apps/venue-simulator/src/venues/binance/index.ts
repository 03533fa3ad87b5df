import { fixed } from '../../engine/fixed.ts';
import type { VenueDefinition } from '../protocol.ts';
import { MARKETS } from './markets.ts';
import { BinanceVenue } from './venue.ts';
import { orderIdOf, tradeIdOf } from './views.ts';

export const binance: VenueDefinition = {
  exchange: 'binance',
  hosts: ['api.binance.com', 'ws-api.binance.com', 'stream.binance.com'],
  engine: {
    exchange: 'binance',
    markets: MARKETS,
    makerFee: fixed('0.001'),
    takerFee: fixed('0.001'),
    feeIn: 'received',
    feePlaces: 8,
    orderId: orderIdOf,
    tradeId: tradeIdOf,
  },
  create: (context) => new BinanceVenue(context),
};
