import { isStop, withMargin, type DecimalString, type ExecutionMode, type OrderSpec } from '@orderplane/domain';
import type { ExchangeCapabilities } from '@orderplane/exchange/capabilities';
import type { OrderCommand, PlaceInput, TriggerInput } from '@orderplane/queues';
import type { Intent, OrderRecord, OrderTrigger } from '@orderplane/store';
import type { CommandContext } from './context.ts';

/** How an order is held: at the exchange, or here until its trigger fires. */
export interface Held {
  readonly mode: ExecutionMode;
  readonly trigger?: OrderTrigger;
}

/** Spot stops of every exchange wait for the last price. */
const STOP_SOURCE = 'LAST';

/** A stop at a price is reached from below by a buyer and from above by a seller. */
export const stopTrigger = ({ symbol, side }: Pick<OrderSpec, 'symbol' | 'side'>, stopPrice: string): TriggerInput => ({
  symbol,
  source: STOP_SOURCE,
  direction: side === 'BUY' ? 'AT_OR_ABOVE' : 'AT_OR_BELOW',
  price: stopPrice,
});

/**
 * A stop order waits here for its stop price where the exchange has no such orders, or when its caller wants it to be dark
 * and names no other trigger. Everything else is held as it was asked for. Total: what contradicts itself is for the checks.
 */
export function heldAs(capabilities: ExchangeCapabilities, input: PlaceInput, armedAt: string): Held {
  const { mode = 'LIVE', trigger, stopPrice } = input;
  const arm = (given: TriggerInput, isOwnStop: boolean): Held => ({
    mode: 'DARK',
    trigger: { ...given, version: 1, armedAt, isOwnStop },
  });
  if (trigger !== undefined) return mode === 'DARK' ? arm(trigger, false) : { mode };
  const isNative = capabilities.orderTypes.includes(input.type);
  if (isStop(input) && stopPrice !== null && (mode === 'DARK' || !isNative))
    return arm(stopTrigger(input, stopPrice), true);
  return { mode };
}

/** The price of its own market that an order waits for here; null: none, or one of another market. */
export const waitsFor = ({ symbol }: Pick<OrderSpec, 'symbol'>, { trigger }: Pick<Held, 'trigger'>): string | null =>
  trigger?.symbol === symbol ? trigger.price : null;

/** The trigger as this change leaves it; null when it stays as it is. */
export function rearmed(
  { spec, trigger }: Pick<Intent, 'spec' | 'trigger'>,
  wish: Pick<Extract<OrderCommand, { kind: 'modify' }>, 'trigger' | 'stopPrice'>,
  armedAt: string,
): OrderTrigger | null {
  if (trigger === undefined) return null;
  const next = (given: TriggerInput): OrderTrigger => ({
    ...given,
    version: trigger.version + 1,
    armedAt,
    isOwnStop: trigger.isOwnStop,
  });
  if (trigger.isOwnStop) return wish.stopPrice === null ? null : next(stopTrigger(spec, wish.stopPrice));
  return wish.trigger === undefined ? null : next({ ...wish.trigger, symbol: wish.trigger.symbol ?? trigger.symbol });
}

/** What an order without a price of its own counts at, once it waits for another price of its own market. */
export const revalued = (
  { spec }: Pick<Intent, 'spec'>,
  trigger: OrderTrigger,
): { readonly valuedAt?: DecimalString } =>
  spec.type === 'MARKET' && spec.quoteSize === null && trigger.symbol === spec.symbol
    ? { valuedAt: withMargin(trigger.price) }
    : {};

/** Who watches prices is told; who is not told looks by itself every few seconds. */
export function ringIfDark(context: CommandContext, { intent }: OrderRecord): void {
  if (intent.trigger !== undefined) context.alertBell.armed(intent.exchange, intent.trigger.symbol);
}
