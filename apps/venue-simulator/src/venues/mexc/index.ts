import { fixed } from '../../engine/fixed.ts';
import type { VenueDefinition } from '../protocol.ts';
import { MARKETS } from './markets.ts';
import { HOSTS, MexcVenue } from './venue.ts';
import { orderIdOf, tradeIdOf } from './views.ts';

export const mexc: VenueDefinition = {
  exchange: 'mexc',
  hosts: HOSTS,
  engine: {
    exchange: 'mexc',
    markets: MARKETS,
    makerFee: fixed('0'),
    takerFee: fixed('0.0005'),
    feeIn: 'quote',
    feePlaces: 12,
    orderId: orderIdOf,
    tradeId: tradeIdOf,
  },
  create: (context) => new MexcVenue(context),
};
