import type { ExchangeId } from '@orderplane/domain';

/** The answers to the subscriptions on the nth socket of an instance, a list where there are several: ccxt numbers its requests. */
export const CONFIRM: Readonly<Record<ExchangeId, (nth: number) => unknown>> = {
  binance: (nth) => ({ id: String(nth), status: 200, result: { subscriptionId: 0 } }),
  kraken: (nth) => ({
    ...{ method: 'subscribe', req_id: nth, success: true },
    result: { channel: 'executions', snap_orders: true },
  }),
  coinbase: () => ({ channel: 'subscriptions', sequence_num: 0, events: [{ subscriptions: { user: ['u'] } }] }),
  deribit: () => ({ jsonrpc: '2.0', id: 2, result: ['user.orders.any.any.raw', 'user.trades.any.any.raw'] }),
  // Orders and stop orders.
  kucoin: (nth) => [nth * 2 - 1, nth * 2].map((id) => ({ id: String(id), type: 'ack' })),
  mexc: () => ['deals', 'orders'].map((name) => ({ id: 0, code: 0, msg: `spot@private.${name}.v3.api.pb` })),
  // Two sockets in truth: orders, and stops that wait.
  okx: () =>
    ['orders', 'orders-algo'].map((channel) => ({
      event: 'subscribe',
      arg: { channel, instType: 'SPOT' },
      connId: 'a',
    })),
};

/** The refusals of the same. */
export const REFUSE: Readonly<Record<ExchangeId, (nth: number) => unknown>> = {
  binance: (nth) => ({
    ...{ id: String(nth), status: 400 },
    error: { code: -1022, msg: 'Signature for this request is not valid.' },
  }),
  kraken: (nth) => ({ method: 'subscribe', req_id: nth, success: false, error: 'ESession:Invalid session' }),
  coinbase: () => ({ type: 'error', message: 'authentication failure' }),
  kucoin: (nth) => ({ id: String(nth), type: 'error', code: 403, data: 'login is required' }),
  deribit: () => ({ jsonrpc: '2.0', id: 1, error: { code: 13004, message: 'invalid_credentials' } }),
  mexc: () => ({
    ...{ id: 0, code: 0 },
    msg: 'Not Subscribed successfully! [spot@private.orders.v3.api.pb].  Reason： Blocked! ',
  }),
  okx: () => ({ event: 'error', code: '60009', msg: 'Login failed.', connId: 'a1' }),
};
