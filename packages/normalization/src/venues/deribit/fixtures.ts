/** A successful answer of JSON-RPC. */
export const answer = (result: unknown) => ({
  jsonrpc: '2.0',
  id: 4,
  result,
  usIn: 1771000000100200,
  usOut: 1771000000100900,
  usDiff: 700,
  testnet: false,
});

/** News of a channel. */
export const news = (channel: string, data: unknown) => ({
  jsonrpc: '2.0',
  method: 'subscription',
  params: { channel, data },
});

export const ORDER = {
  order_id: '46000000031',
  order_state: 'open',
  order_type: 'limit',
  time_in_force: 'good_til_cancelled',
  instrument_name: 'SOL_USDC',
  direction: 'sell',
  label: 'op-aa',
  price: 151.2,
  amount: 3,
  filled_amount: 0,
  average_price: 0,
  contracts: 30,
  max_show: 3,
  post_only: false,
  replaced: false,
  risk_reducing: false,
  api: true,
  web: false,
  mmp: false,
  creation_timestamp: 1771000000100,
  last_update_timestamp: 1771000000200,
};

export const TRADE = {
  trade_id: '250000041',
  trade_seq: 41,
  order_id: '46000000031',
  instrument_name: 'SOL_USDC',
  direction: 'sell',
  label: 'op-aa',
  price: 151.3,
  amount: 2,
  fee: 0.15130001,
  fee_currency: 'USDC',
  liquidity: 'T',
  order_type: 'limit',
  state: 'open',
  index_price: 151.25,
  mark_price: 151.26,
  tick_direction: 1,
  matching_id: null,
  profit_loss: null,
  timestamp: 1771000000300,
};
