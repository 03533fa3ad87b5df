import { fixed } from '../../engine/fixed.ts';
import type { VenueDefinition } from '../protocol.ts';
import { orderIdOf, tradeIdOf, triggeredIdOf } from './ids.ts';
import { MARKETS } from './markets.ts';
import { OkxVenue } from './venue.ts';

export const okx: VenueDefinition = {
  exchange: 'okx',
  // The last one is the demo trading's.
  hosts: ['www.okx.com', 'ws.okx.com', 'wspap.okx.com'],
  engine: {
    exchange: 'okx',
    markets: MARKETS,
    makerFee: fixed('0.0008'),
    takerFee: fixed('0.001'),
    feeIn: 'received',
    feePlaces: 10,
    orderId: orderIdOf,
    tradeId: tradeIdOf,
    triggeredOrderId: triggeredIdOf,
  },
  create: (context) => new OkxVenue(context),
};
