export const ID = '7d0c2f1e-33aa-4b1c-9f20-0a1b2c3d4e5f';
export const CLIENT_ID = '0190a3c4-8f21-7b6e-9d10-5a4b3c2d1e0f';

/** A resting order as REST tells it; own values. */
export const ORDER = {
  order_id: ID,
  product_id: 'SOL-USD',
  user_id: '6a1d3c5e-0000-5000-8000-00000000beef',
  order_configuration: { limit_limit_gtc: { base_size: '3.00', limit_price: '151.20', post_only: true } },
  side: 'SELL',
  client_order_id: CLIENT_ID,
  status: 'OPEN',
  time_in_force: 'GOOD_UNTIL_CANCELLED',
  created_time: '2026-02-13T16:26:40.123456Z',
  completion_percentage: '0',
  filled_size: '0',
  average_filled_price: '0',
  fee: '',
  number_of_fills: '0',
  filled_value: '0',
  pending_cancel: false,
  size_in_quote: false,
  total_fees: '0',
  size_inclusive_of_fees: false,
  total_value_after_fees: '453.6',
  trigger_status: 'INVALID_ORDER_TYPE',
  order_type: 'LIMIT',
  reject_reason: 'REJECT_REASON_UNSPECIFIED',
  settled: false,
  product_type: 'SPOT',
  reject_message: '',
  cancel_message: '',
  last_fill_time: null,
  edit_history: [],
};

/** What an order has filled. */
export const filled = (size: string, value: string, fees = '0.5') => ({
  filled_size: size,
  filled_value: value,
  total_fees: fees,
  number_of_fills: '1',
  last_fill_time: '2026-02-13T16:26:41.5Z',
});

/** An order of the user channel; own values. */
export const USER_ORDER = {
  order_id: ID,
  client_order_id: CLIENT_ID,
  product_id: 'SOL-USD',
  product_type: 'SPOT',
  order_side: 'SELL',
  order_type: 'Limit',
  status: 'OPEN',
  limit_price: '151.20',
  stop_price: '',
  cumulative_quantity: '1',
  leaves_quantity: '2',
  avg_price: '151.20',
  filled_value: '151.20',
  total_fees: '0.9',
  number_of_fills: '1',
  completion_percentage: '33.33',
  time_in_force: 'GOOD_UNTIL_CANCELLED',
  post_only: 'true',
  cancel_reason: '',
  reject_reason: '',
  trigger_status: 'INVALID_ORDER_TYPE',
  creation_time: '2026-02-13T16:26:40.123456Z',
  end_time: '0001-01-01T00:00:00Z',
  start_time: '0001-01-01T00:00:00Z',
};

export const userPush = (...orders: unknown[]) => ({
  channel: 'user',
  client_id: '',
  timestamp: '2026-02-13T16:26:41.999999999Z',
  sequence_num: 4,
  events: [{ type: 'update', orders }],
});
