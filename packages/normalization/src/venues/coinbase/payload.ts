import { ExchangeErrorPayload, UnreadablePayload } from '../../errors.ts';
import { child, describe, has, isRecord, optionalText } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { combine, NOTHING, readEach } from '../../venue.ts';
import type { ReadContext, Reading } from '../../venue.ts';
import { isAnswer, isPlaced, readAnswer, readPlaced, readResults } from './answers.ts';
import { time } from './common.ts';
import { isFill, readFill } from './fill.ts';
import { isOrder, readOrder } from './order.ts';
import { isTickerPayload } from './ticker.ts';
import { isUserOrder, readUserOrder } from './user-order.ts';

/** Channels that carry nothing about orders and come beside them. */
const OTHER_CHANNELS = ['subscriptions', 'heartbeats', 'status', 'futures_balance_summary'];

/** Answers about accounts, products, currencies and fees: none of them names an order. */
const OTHER_ANSWERS = ['accounts', 'account', 'products', 'fee_tier', 'portfolios', 'epochSeconds', 'can_trade'];

const unreadable = (payload: unknown): UnreadablePayload =>
  new UnreadablePayload(`coinbase: not an order or a fill: ${describe(payload)}`);

/** Reads by shape, from the outside in: channels and answers first, then lists, then single objects. */
export function readPayload(payload: unknown, context: ReadContext): Reading {
  if (Array.isArray(payload)) return readEach(payload, (entry: unknown) => readPayload(entry, context), orderIdOf);
  if (!isRecord(payload)) throw unreadable(payload);
  if (has(payload, 'channel')) return readChannel(payload, context);
  if (payload['type'] === 'error') {
    const message = optionalText(payload, 'message') ?? 'no reason given';
    throw new ExchangeErrorPayload('coinbase', message, message);
  }
  if (isAnswer(payload)) return readAnswer(payload, context);
  if (isOrder(payload)) return readOrder(payload, context);
  if (isUserOrder(payload)) return readUserOrder(payload, null, context);
  if (isFill(payload)) return readFill(payload, context);
  if (isPlaced(payload)) return readPlaced(payload, payload, context);
  return readEnvelope(payload, context);
}

/** {order}, {orders}, {fills}, {results}, errors, and what says nothing about orders. */
function readEnvelope(payload: Json, context: ReadContext): Reading {
  const order = child(payload, 'order');
  if (order !== null) return readPayload(order, context);
  for (const name of ['orders', 'fills']) {
    const list = payload[name];
    if (Array.isArray(list)) return readPayload(list, context);
  }
  const results = payload['results'];
  if (Array.isArray(results)) return readResults(results, context);
  refuseErrors(payload);
  if (isTickerPayload(payload)) throw new UnreadablePayload('coinbase: a ticker, which says nothing about orders');
  // {data} is the envelope of the older API: accounts, currencies, rates, time.
  if (has(payload, 'data') || OTHER_ANSWERS.some((name) => has(payload, name))) return NOTHING;
  throw unreadable(payload);
}

/** {error, error_details, message} of Advanced Trade, {errors: [{id, message}]} of the API before it. */
function refuseErrors(payload: Json): void {
  const word = typeof payload['error'] === 'string' ? payload['error'] : null;
  if (word !== null) {
    const details = optionalText(payload, 'error_details') ?? optionalText(payload, 'message') ?? '';
    throw new ExchangeErrorPayload('coinbase', word, details);
  }
  const errors = payload['errors'];
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  if (!isRecord(first) || !has(first, 'id')) return;
  throw new ExchangeErrorPayload('coinbase', String(first['id']), optionalText(first, 'message') ?? '');
}

function readChannel(payload: Json, context: ReadContext): Reading {
  const channel = String(payload['channel']).slice(0, 40);
  if (OTHER_CHANNELS.includes(channel)) return NOTHING;
  const events = payload['events'];
  if (channel !== 'user' || !Array.isArray(events)) {
    throw new UnreadablePayload(`coinbase: the channel "${channel}" says nothing about orders`);
  }
  const toldAt = time(payload, 'timestamp');
  return combine(
    events.filter(isRecord).map((event) => {
      const orders: readonly unknown[] = Array.isArray(event['orders']) ? event['orders'] : [];
      return readEach(orders, (entry) => readUserEntry(entry, toldAt, context), orderIdOf);
    }),
  );
}

function readUserEntry(entry: unknown, toldAt: string | null, context: ReadContext): Reading {
  if (isUserOrder(entry)) return readUserOrder(entry, toldAt, context);
  throw unreadable(entry);
}

const orderIdOf = (entry: unknown): string | null =>
  isRecord(entry) && typeof entry['order_id'] === 'string' ? optionalText(entry, 'order_id') : null;
