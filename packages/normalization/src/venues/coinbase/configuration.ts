import type { DecimalString, OrderType, TimeInForce } from '@orderplane/domain';
import { child, isRecord, positiveDecimal } from '../../fields.ts';
import type { Json } from '../../fields.ts';
import { flag, time, typeOf } from './common.ts';

/** The terms of an order, as `order_configuration` names them. */
export interface Terms {
  readonly type: OrderType | null;
  readonly timeInForce: TimeInForce | null;
  readonly size: DecimalString | null;
  readonly quoteSize: DecimalString | null;
  readonly price: DecimalString | null;
  readonly stopPrice: DecimalString | null;
  readonly expiresAt: string | null;
  readonly postOnly: boolean | null;
  readonly reduceOnly: boolean | null;
}

const UNTOLD: Terms = {
  type: null,
  timeInForce: null,
  size: null,
  quoteSize: null,
  price: null,
  stopPrice: null,
  expiresAt: null,
  postOnly: null,
  reduceOnly: null,
};

/** The last part of a key is its time in force. */
const TIMES: Readonly<Record<string, TimeInForce>> = { gtc: 'GTC', gtd: 'GTT', ioc: 'IOC', fok: 'FOK' };

/** An order has exactly one configuration. None, or several (documentation examples), say nothing that could be believed. */
export function readConfiguration(record: Json): Terms {
  const configuration = child(record, 'order_configuration');
  const entries = Object.entries(configuration ?? {}).filter(([, value]) => isRecord(value));
  const [only] = entries;
  if (only === undefined || entries.length > 1) return UNTOLD;
  const [key, value] = only;
  const terms = value as Json;
  return {
    type: typeOf(key),
    timeInForce: TIMES[key.slice(key.lastIndexOf('_') + 1)] ?? null,
    size: positiveDecimal(terms, 'base_size'),
    quoteSize: positiveDecimal(terms, 'quote_size'),
    price: positiveDecimal(terms, 'limit_price'),
    stopPrice: positiveDecimal(terms, 'stop_price') ?? positiveDecimal(terms, 'stop_trigger_price'),
    expiresAt: time(terms, 'end_time'),
    postOnly: flag(terms, 'post_only'),
    reduceOnly: flag(terms, 'reduce_only'),
  };
}

/** The newest edit that was accepted. Whether the configuration of an edited order shows it is not documented; this does. */
export function lastEdit(record: Json): Pick<Terms, 'size' | 'price'> {
  const history: readonly unknown[] = Array.isArray(record['edit_history']) ? record['edit_history'] : [];
  let latest: { readonly at: string; readonly edit: Json } | null = null;
  for (const edit of history) {
    const at = isRecord(edit) ? time(edit, 'replace_accept_timestamp') : null;
    if (isRecord(edit) && at !== null && (latest === null || at >= latest.at)) latest = { at, edit };
  }
  if (latest === null) return { size: null, price: null };
  return { size: positiveDecimal(latest.edit, 'size'), price: positiveDecimal(latest.edit, 'price') };
}
