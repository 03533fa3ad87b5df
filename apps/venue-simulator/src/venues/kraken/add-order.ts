import type { OrderSide, OrderType } from '@orderplane/domain';
import type { Fixed } from '../../engine/fixed.ts';
import { fixedTextAt, parseFixed, times, ZERO } from '../../engine/fixed.ts';
import type { Engine, NewOrder, SimTimeInForce } from '../../engine/model.ts';
import type { Fields } from './auth.ts';
import type { KrakenMarket } from './markets.ts';
import { marketByName } from './markets.ts';
import type { NativeType, OrderText } from './orders.ts';
import { badArgument, refuse } from './refusal.ts';

/** AddOrder: from form fields to an order for the engine. Every refusal is a KrakenRefusal with the venue's text. */

const TYPES: Readonly<Record<NativeType, OrderType>> = {
  market: 'MARKET',
  limit: 'LIMIT',
  'stop-loss': 'STOP_MARKET',
  'stop-loss-limit': 'STOP_LIMIT',
  'take-profit': 'STOP_MARKET',
  'take-profit-limit': 'STOP_LIMIT',
};
const FLAGS = new Set(['post', 'fcib', 'fciq', 'nompp', 'viqc']);
const TIMES_IN_FORCE: readonly SimTimeInForce[] = ['GTC', 'IOC', 'FOK', 'GTD'];
const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;
const FREE_TEXT = /^[\x21-\x7e]{1,18}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;
const USERREF_LIMIT = 2 ** 31;
const DEADLINE_LIMIT_MS = 60_000;
const SHORTEST_EXPIRY_MS = 5_000;

export interface AddOrder {
  readonly market: KrakenMarket;
  readonly order: NewOrder;
  readonly text: OrderText;
  readonly validateOnly: boolean;
}

/** The instant after which the request must be refused; the venue takes at most a minute from now. */
export function checkDeadline(fields: Fields, now: number): void {
  const text = fields.get('deadline');
  if (text === undefined) return;
  const deadline = INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(deadline) || deadline > now + DEADLINE_LIMIT_MS) badArgument('deadline');
  if (deadline <= now) refuse('EService:Deadline elapsed');
}

export function checkClientId(text: string): string {
  if (!UUID.test(text) && !FREE_TEXT.test(text)) badArgument('cl_ord_id');
  return text;
}

/** A price with the decimals of the pair. `name` is the field, for the text of the refusal. */
export function readPrice(text: string | undefined, name: string, market: KrakenMarket): Fixed {
  const price = text === undefined ? null : parseFixed(text);
  if (price === null || price <= ZERO) return badArgument(name);
  if (price % market.engine.priceStep !== ZERO) {
    refuse(
      `EOrder:Invalid price:${market.altname} price can only be specified up to ${market.priceDecimals} decimals.`,
    );
  }
  return price;
}

/** A volume in base units, at least the pair's minimum. */
export function readVolume(text: string | undefined, name: string, market: KrakenMarket): Fixed {
  const volume = text === undefined ? null : parseFixed(text);
  if (volume === null || volume <= ZERO || volume % market.engine.sizeStep !== ZERO) return badArgument(name);
  if (volume < market.engine.minSize) refuse(`EGeneral:Invalid arguments:${name} minimum not met`);
  return volume;
}

export function checkCost(price: Fixed, volume: Fixed, market: KrakenMarket): void {
  if (times(price, volume) < market.engine.minNotional) refuse('EOrder:Cost minimum not met');
}

function readFlags(fields: Fields): ReadonlySet<string> {
  const flags = new Set((fields.get('oflags') ?? '').split(',').filter((flag) => flag !== ''));
  for (const flag of flags) if (!FLAGS.has(flag)) badArgument('oflags');
  if (flags.has('fcib') && flags.has('fciq')) badArgument('oflags');
  return flags;
}

function readTimeInForce(fields: Fields, ordertype: NativeType): SimTimeInForce {
  const text = fields.get('timeinforce') ?? 'GTC';
  const found = TIMES_IN_FORCE.find((entry) => entry === text);
  if (found === undefined) return badArgument('timeinforce');
  const takesOnlyGtc = ordertype === 'market' || ordertype === 'stop-loss' || ordertype === 'take-profit';
  // A triggered order that must fill at once or whole makes no sense before its trigger; Kraken's word on it is not known.
  if (found !== 'GTC' && takesOnlyGtc && !(found === 'GTD' && ordertype !== 'market')) badArgument('timeinforce');
  if (found === 'FOK' && ordertype !== 'limit') badArgument('timeinforce');
  return found;
}

/** "+60" is seconds from now, at least 5; "1700000000" an instant in Unix seconds. */
function readExpiry(fields: Fields, timeInForce: SimTimeInForce, now: number): number | null {
  const text = fields.get('expiretm') ?? '0';
  if (timeInForce !== 'GTD') return null;
  if (!/^\+?\d{1,12}(\.\d{1,9})?$/.test(text)) return badArgument('expiretm');
  const ms = Math.round(Number(text) * 1000);
  if (ms === 0) return badArgument('expiretm');
  if (!text.startsWith('+')) return ms > now ? ms : badArgument('expiretm');
  return ms >= SHORTEST_EXPIRY_MS ? now + ms : badArgument('expiretm');
}

function readUserref(fields: Fields): number {
  const text = fields.get('userref');
  if (text === undefined) return 0;
  const value = /^-?\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value) || value >= USERREF_LIMIT || value < -USERREF_LIMIT) badArgument('userref');
  if (value !== 0 && fields.has('cl_ord_id')) badArgument('cl_ord_id');
  return value;
}

interface Terms {
  readonly size: Fixed | null;
  readonly quoteSize: Fixed | null;
  readonly price: Fixed | null;
  readonly stopPrice: Fixed | null;
}

function readTerms(
  fields: Fields,
  market: KrakenMarket,
  ordertype: NativeType,
  byCost: boolean,
  last: () => Fixed,
): Terms {
  if (byCost) {
    const cost = parseFixed(fields.get('volume') ?? '');
    if (cost === null || cost <= ZERO || cost % 10n ** 10n !== ZERO) return badArgument('volume');
    if (cost < market.engine.minNotional) refuse('EGeneral:Invalid arguments:volume minimum not met');
    return { size: null, quoteSize: cost, price: null, stopPrice: null };
  }
  const size = readVolume(fields.get('volume'), 'volume', market);
  const terms = { size, quoteSize: null };
  switch (ordertype) {
    case 'market':
      checkCost(last(), size, market);
      return { ...terms, price: null, stopPrice: null };
    case 'limit': {
      const price = readPrice(fields.get('price'), 'price', market);
      checkCost(price, size, market);
      return { ...terms, price, stopPrice: null };
    }
    case 'stop-loss':
    case 'take-profit': {
      const stopPrice = readPrice(fields.get('price'), 'price', market);
      checkCost(stopPrice, size, market);
      return { ...terms, price: null, stopPrice };
    }
    case 'stop-loss-limit':
    case 'take-profit-limit': {
      const stopPrice = readPrice(fields.get('price'), 'price', market);
      const price = readPrice(fields.get('price2'), 'price2', market);
      checkCost(price, size, market);
      return { ...terms, price, stopPrice };
    }
  }
}

const isNativeType = (text: string): text is NativeType => Object.hasOwn(TYPES, text);

function readSide(fields: Fields): OrderSide {
  const side = fields.get('type');
  if (side === 'buy') return 'BUY';
  return side === 'sell' ? 'SELL' : badArgument('type');
}

/** Margin, conditional closes, icebergs and scheduled starts are not simulated: refused rather than ignored. */
function refuseUnsupported(fields: Fields): void {
  if (fields.get('reduce_only') === 'true') refuse('EOrder:Reduce only:Non-PC');
  if ((fields.get('leverage') ?? 'none') !== 'none') refuse('EOrder:Cannot open position');
  if ((fields.get('starttm') ?? '0') !== '0') badArgument('starttm');
  if (fields.has('displayvol')) badArgument('displayvol');
  for (const name of fields.keys()) if (name.startsWith('close[')) badArgument('close');
}

/** Unknown fields are ignored, as the venue does: a misspelt trigger price leaves a plain order. */
export function readAddOrder(fields: Fields, account: string, engine: Engine, now: number): AddOrder {
  const market = marketByName(fields.get('pair') ?? '') ?? refuse('EQuery:Unknown asset pair');
  const side = readSide(fields);
  const ordertype = fields.get('ordertype') ?? '';
  if (!isNativeType(ordertype)) return badArgument('ordertype');
  refuseUnsupported(fields);
  const flags = readFlags(fields);
  const byCost = flags.has('viqc');
  if (byCost && (ordertype !== 'market' || side !== 'BUY')) badArgument('viqc');
  const timeInForce = readTimeInForce(fields, ordertype);
  const postOnly = flags.has('post');
  if (postOnly && (ordertype !== 'limit' || timeInForce === 'IOC' || timeInForce === 'FOK')) badArgument('oflags');
  const expiresAt = readExpiry(fields, timeInForce, now);
  const userref = readUserref(fields);
  const clientId = fields.get('cl_ord_id');
  const trigger = fields.get('trigger') ?? 'last';
  if (trigger !== 'last' && trigger !== 'index') badArgument('trigger');
  const terms = readTerms(fields, market, ordertype, byCost, () => engine.ticker(market.symbol, now).last);
  checkDeadline(fields, now);
  const oflags = [...flags].filter((flag) => flag !== 'fcib' && flag !== 'fciq');
  const isTakeProfit = ordertype === 'take-profit' || ordertype === 'take-profit-limit';
  const isAbove = (side === 'BUY') !== isTakeProfit;
  const order: NewOrder = {
    account,
    clientId: clientId === undefined ? null : checkClientId(clientId),
    symbol: market.symbol,
    side,
    type: TYPES[ordertype],
    ...terms,
    triggerWhen: terms.stopPrice === null ? null : isAbove ? 'above' : 'below',
    timeInForce,
    expiresAt,
    postOnly,
    source: 'api',
    onPostOnlyCross: 'refuse',
    onImmediateTrigger: 'trigger',
    tags: {
      ordertype,
      userref: String(userref),
      oflags: [flags.has('fcib') ? 'fcib' : 'fciq', ...oflags].join(','),
      trigger,
    },
  };
  return { market, order, text: newText(order, market, ordertype), validateOnly: fields.get('validate') === 'true' };
}

function newText(order: NewOrder, market: KrakenMarket, ordertype: NativeType): OrderText {
  const priceText = (value: Fixed | null) => (value === null ? '0' : fixedTextAt(value, market.priceDecimals));
  const isTriggered = order.stopPrice !== null;
  return {
    side: order.side.toLowerCase(),
    volume: fixedTextAt(order.quoteSize ?? order.size ?? ZERO, 8),
    pair: market.altname,
    ordertype,
    price: priceText(isTriggered ? order.stopPrice : order.price),
    price2: isTriggered ? priceText(order.price) : '0',
  };
}
