import { AMEND, CANCEL, flat, KEEPS, KEEPS_NOTHING, list, other, query, SUBMIT } from '../../limits.ts';
import type { VenueLimits } from '../../limits.ts';

/**
 * Deribit: requests to the matching engine 5 a second with bursts of 20; the others 20 a second with bursts of 100 (a
 * pool of 50,000 credits, 500 each). Both by account; without a key, by address.
 */
export const deribitLimits: VenueLimits = {
  buckets: [
    {
      name: 'matching',
      scope: 'key',
      capacity: 20,
      refill: { kind: 'decay', perSecond: 5 },
      keeps: { ...KEEPS, fromSubmits: 0.2 },
    },
    { name: 'credits', scope: 'key', capacity: 100, refill: { kind: 'decay', perSecond: 20 }, keeps: KEEPS_NOTHING },
    {
      name: 'public',
      scope: 'exchange',
      capacity: 100,
      refill: { kind: 'decay', perSecond: 20 },
      keeps: KEEPS_NOTHING,
    },
  ],
  orders: {
    submit: flat({ matching: 1 }),
    cancel: flat({ matching: 1 }),
    amend: flat({ matching: 1 }),
    query: flat({ credits: 1 }),
  },
  routes: {
    'GET buy': SUBMIT,
    'GET sell': SUBMIT,
    'GET edit': AMEND,
    'GET edit_by_label': AMEND,
    'GET cancel': CANCEL,
    'GET cancel_by_label': CANCEL,
    'GET get_order_state': query({ credits: 1 }),
    'GET get_order_state_by_label': query({ credits: 1 }),
    'GET get_open_orders': list({ credits: 1 }),
    'GET get_open_orders_by_currency': list({ credits: 1 }),
    'GET get_open_orders_by_instrument': list({ credits: 1 }),
    'GET get_open_orders_by_label': list({ credits: 1 }),
    'GET get_order_history_by_currency': list({ credits: 1 }),
    'GET get_order_history_by_instrument': list({ credits: 1 }),
    'GET get_user_trades_by_order': list({ credits: 1 }),
    'GET get_user_trades_by_currency_and_time': list({ credits: 1 }),
    'GET get_user_trades_by_instrument_and_time': list({ credits: 1 }),
    'GET get_account_summaries': other({ credits: 1 }),
    'GET get_positions': other({ credits: 1 }),
  },
  otherwise: { public: { public: 1 }, private: { credits: 1 } },
};
