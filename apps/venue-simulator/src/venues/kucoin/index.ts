import { fixed } from '../../engine/fixed.ts';
import type { VenueDefinition } from '../protocol.ts';
import { orderIdOf, stopIdOf, tradeIdOf } from './ids.ts';
import { MARKETS } from './markets.ts';
import { STREAM_HOST } from './tokens.ts';
import { KucoinVenue } from './venue.ts';

export const kucoin: VenueDefinition = {
  exchange: 'kucoin',
  hosts: ['api.kucoin.com', 'api-futures.kucoin.com', STREAM_HOST],
  engine: {
    exchange: 'kucoin',
    markets: MARKETS,
    makerFee: fixed('0.001'),
    takerFee: fixed('0.001'),
    feeIn: 'quote',
    feePlaces: 12,
    orderId: (number, type) => (type === 'STOP_LIMIT' || type === 'STOP_MARKET' ? stopIdOf : orderIdOf)(number),
    triggeredOrderId: orderIdOf,
    tradeId: tradeIdOf,
  },
  create: (context) => new KucoinVenue(context),
};
