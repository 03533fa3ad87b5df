import { z } from 'zod';
import type { OrderSide } from '@orderplane/domain';
import type { Fixed } from '../../engine/fixed.ts';
import { fixed, floorTo, ONE, over, parseFixed, times, ZERO } from '../../engine/fixed.ts';
import type { NewOrder, SimTimeInForce } from '../../engine/model.ts';
import type { Product } from './markets.ts';
import { productById, TAKER_FEE } from './markets.ts';
import { CONFIGURATIONS } from './orders.ts';
import type { ConfigurationKey } from './orders.ts';
import { badArgument, refuseOrder } from './refusal.ts';

/** "Create Order": from a JSON body to an order for the engine. Every refusal carries the venue's own word. */

const Body = z.object({
  client_order_id: z.string().min(1).max(128),
  product_id: z.string(),
  side: z.enum(['BUY', 'SELL']),
  order_configuration: z.record(z.string(), z.unknown()),
});

/** Numbers are text; the fields that a configuration does not use are ignored. */
const Terms = z.object({
  base_size: z.string().optional(),
  quote_size: z.string().optional(),
  limit_price: z.string().optional(),
  stop_price: z.string().optional(),
  stop_direction: z.string().optional(),
  end_time: z.string().optional(),
  post_only: z.boolean().optional(),
  reduce_only: z.boolean().optional(),
});
type Terms = z.infer<typeof Terms>;

export interface CreateOrder {
  readonly clientId: string;
  readonly configuration: unknown;
  /** Judges the terms; throws OrderRefusal. Asked only where the client id is new. */
  order(account: string, now: number): NewOrder;
}

export function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return badArgument('the body is not JSON');
  }
}

/** Throws CoinbaseRefusal (400) for a body that is no order at all. */
export function readCreateOrder(body: string): CreateOrder {
  const parsed = Body.safeParse(parseBody(body));
  if (!parsed.success) return badArgument(`invalid ${parsed.error.issues[0]?.path.join('.') || 'body'}`);
  const { client_order_id, product_id, side, order_configuration } = parsed.data;
  const [entry, ...rest] = Object.entries(order_configuration);
  if (entry === undefined || rest.length > 0) return badArgument('order_configuration: exactly one is needed');
  const [key, value] = entry;
  const terms = Terms.safeParse(value);
  if (!terms.success) return badArgument(`order_configuration.${key}.${terms.error.issues[0]?.path.join('.') ?? ''}`);
  return {
    clientId: client_order_id,
    configuration: order_configuration,
    order: (account, now) => {
      const product = productById(product_id) ?? refuseOrder('INVALID_PRODUCT_ID', 'Unknown product');
      const known = CONFIGURATIONS.find((one) => one === key);
      if (known === undefined || known === 'trigger_bracket_gtc' || terms.data.reduce_only === true) {
        return refuseOrder('UNSUPPORTED_ORDER_CONFIGURATION', 'source is not enabled for trading');
      }
      const drafted = draft({ key: known, terms: terms.data, product, side, now });
      return { ...drafted, account, clientId: client_order_id, symbol: product.engine.symbol, side, source: 'api' };
    },
  };
}

interface Asked {
  readonly key: Exclude<ConfigurationKey, 'trigger_bracket_gtc'>;
  readonly terms: Terms;
  readonly product: Product;
  readonly side: OrderSide;
  readonly now: number;
}

type Draft = Omit<NewOrder, 'account' | 'clientId' | 'symbol' | 'side' | 'source'>;

const PLAIN: Draft = {
  type: 'LIMIT',
  size: null,
  quoteSize: null,
  price: null,
  stopPrice: null,
  timeInForce: 'GTC',
  expiresAt: null,
  postOnly: false,
  onPostOnlyCross: 'refuse',
  onImmediateTrigger: 'refuse',
};

const TIME_OF: Readonly<Record<Asked['key'], SimTimeInForce>> = {
  market_market_ioc: 'GTC',
  sor_limit_ioc: 'IOC',
  limit_limit_gtc: 'GTC',
  limit_limit_gtd: 'GTD',
  limit_limit_fok: 'FOK',
  stop_limit_stop_limit_gtc: 'GTC',
  stop_limit_stop_limit_gtd: 'GTD',
};

function draft(asked: Asked): Draft {
  const { key, terms } = asked;
  switch (key) {
    case 'market_market_ioc':
      return { ...PLAIN, type: 'MARKET', ...marketSize(asked) };
    case 'sor_limit_ioc':
    case 'limit_limit_fok':
      return { ...PLAIN, ...limitTerms(asked), timeInForce: TIME_OF[key] };
    case 'limit_limit_gtc':
    case 'limit_limit_gtd':
      return {
        ...PLAIN,
        ...limitTerms(asked),
        timeInForce: TIME_OF[key],
        expiresAt: endTime(asked),
        postOnly: terms.post_only ?? false,
      };
    case 'stop_limit_stop_limit_gtc':
    case 'stop_limit_stop_limit_gtd':
      return {
        ...PLAIN,
        type: 'STOP_LIMIT',
        ...stopTerms(asked),
        timeInForce: TIME_OF[key],
        expiresAt: endTime(asked),
      };
  }
}

const decimal = (text: string | undefined, name: string): Fixed => {
  const value = text === undefined ? null : parseFixed(text);
  return value === null || value <= ZERO ? badArgument(`${name}: a positive decimal is needed`) : value;
};

/** A base size on the increment, within the product's bounds. */
export function baseSize(text: string | undefined, { engine }: Product): Fixed {
  const size = decimal(text, 'base_size');
  if (size % engine.sizeStep !== ZERO) refuseOrder('PREVIEW_INVALID_SIZE_PRECISION', 'Invalid size precision');
  if (size < engine.minSize) refuseOrder('PREVIEW_INVALID_BASE_SIZE_TOO_SMALL', 'Order size is too small');
  if (size > engine.maxSize) refuseOrder('PREVIEW_INVALID_BASE_SIZE_TOO_LARGE', 'Order size is too large');
  return size;
}

export function price(text: string | undefined, name: string, { engine }: Product): Fixed {
  const value = decimal(text, name);
  if (value % engine.priceStep !== ZERO) refuseOrder('PREVIEW_INVALID_PRICE_PRECISION', 'Too many decimals in price');
  return value;
}

/** The smallest worth that the product takes. */
export function checkWorth(value: Fixed, { engine }: Product): void {
  if (value < engine.minNotional) refuseOrder('PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL', 'Order size is too small');
}

/** A quote size is spent with its fees: less of it goes into the purchase. */
function marketSize({ terms, product, side }: Asked): Partial<Draft> {
  if ((terms.quote_size === undefined) === (terms.base_size === undefined)) {
    return badArgument('market_market_ioc: exactly one of quote_size and base_size is needed');
  }
  if (terms.quote_size === undefined) return { size: baseSize(terms.base_size, product) };
  if (side === 'SELL') return refuseOrder('UNSUPPORTED_ORDER_CONFIGURATION', 'a sell takes a base size');
  const quoteSize = decimal(terms.quote_size, 'quote_size');
  if (quoteSize % fixed(product.quoteIncrement) !== ZERO) {
    refuseOrder('PREVIEW_INVALID_SIZE_PRECISION', 'Invalid size precision');
  }
  checkWorth(quoteSize, product);
  const forPurchase = floorTo(over(quoteSize, ONE + fixed(TAKER_FEE)), 1n);
  return { quoteSize: forPurchase, tags: { quote_size: terms.quote_size } };
}

function limitTerms({ terms, product }: Asked): Pick<NewOrder, 'size' | 'price'> {
  const size = baseSize(terms.base_size, product);
  const limit = price(terms.limit_price, 'limit_price', product);
  checkWorth(times(limit, size), product);
  return { size, price: limit };
}

const DIRECTIONS: Readonly<Record<string, 'above' | 'below'>> = {
  STOP_DIRECTION_STOP_UP: 'above',
  STOP_DIRECTION_STOP_DOWN: 'below',
};

/** A buy that is triggered must still be allowed to buy there, a sell to sell. */
function stopTerms(asked: Asked): Partial<Draft> {
  const { terms, product, side } = asked;
  const limited = limitTerms(asked);
  const stopPrice = price(terms.stop_price, 'stop_price', product);
  const triggerWhen = DIRECTIONS[terms.stop_direction ?? ''] ?? badArgument('stop_direction');
  if (side === 'BUY' && triggerWhen === 'above' && stopPrice > (limited.price ?? ZERO)) {
    refuseOrder('PREVIEW_STOP_PRICE_ABOVE_LIMIT_PRICE');
  }
  if (side === 'SELL' && triggerWhen === 'below' && stopPrice < (limited.price ?? ZERO)) {
    refuseOrder('PREVIEW_STOP_PRICE_BELOW_LIMIT_PRICE');
  }
  return { ...limited, stopPrice, triggerWhen };
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

function endTime({ key, terms, now }: Asked): number | null {
  if (TIME_OF[key] !== 'GTD') return null;
  const at = INSTANT.test(terms.end_time ?? '') ? Date.parse(terms.end_time ?? '') : Number.NaN;
  if (Number.isNaN(at)) return badArgument('end_time: an RFC 3339 instant is needed');
  return at > now ? at : badArgument('end_time: it has passed');
}
