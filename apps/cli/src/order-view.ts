import { z } from 'zod';

/** The fields of an order that the commands ask for and show. */
export const ORDER_FIELDS = `
  id exchange exchangeOrderId clientOrderId symbol side type timeInForce status state
  mode trigger { symbol source direction price firedPrice }
  size filledSize remainingSize price stopPrice quoteSize averageFilledPrice reason
  reconciliation { status unknownSince tried { at kind result error } attention } createdAt updatedAt
`;

export const OrderViewSchema = z.object({
  id: z.string(),
  exchange: z.string(),
  exchangeOrderId: z.string().nullable(),
  clientOrderId: z.string(),
  symbol: z.string(),
  side: z.string(),
  type: z.string(),
  timeInForce: z.string(),
  status: z.string(),
  state: z.string(),
  mode: z.string(),
  trigger: z
    .object({
      symbol: z.string(),
      source: z.string(),
      direction: z.string(),
      price: z.string(),
      firedPrice: z.string().nullable(),
    })
    .nullable(),
  size: z.string().nullable(),
  filledSize: z.string(),
  remainingSize: z.string().nullable(),
  price: z.string().nullable(),
  stopPrice: z.string().nullable(),
  quoteSize: z.string().nullable(),
  averageFilledPrice: z.string().nullable(),
  reason: z.string().nullable(),
  reconciliation: z.object({
    status: z.string(),
    unknownSince: z.string().nullable(),
    tried: z
      .array(z.object({ at: z.string(), kind: z.string(), result: z.string(), error: z.string().nullable() }))
      .readonly(),
    attention: z.string().nullable(),
  }),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type OrderView = z.infer<typeof OrderViewSchema>;

/** Since when something about the order is unknown and what was tried last, or why a person should look; else null. */
export function doubtText({ reconciliation }: OrderView): string | null {
  const { status, unknownSince, tried, attention } = reconciliation;
  if (unknownSince === null && attention === null) return null;
  const last = tried.at(-1);
  const parts = [
    status,
    unknownSince === null ? null : `since ${unknownSince}`,
    last === undefined
      ? null
      : `tried ${tried.length}: last ${last.kind} ${last.result} at ${last.at}${last.error === null ? '' : ` (${last.error})`}`,
    attention,
  ];
  return parts.filter((part) => part !== null).join(', ');
}

/** What a dark order waits for, or at what it fired; null for one that is not held here. */
export function triggerText({ trigger }: OrderView): string | null {
  if (trigger === null) return null;
  const { symbol, source, direction, price, firedPrice } = trigger;
  const waits = `${symbol} ${source} ${direction === 'AT_OR_ABOVE' ? 'at or above' : 'at or below'} ${price}`;
  return firedPrice === null ? `dark, waits for ${waits}` : `dark, fired at ${firedPrice} (${waits})`;
}

/** "LIMIT", "LIMIT dark". */
export const typeText = ({ type, mode }: OrderView): string => (mode === 'DARK' ? `${type} dark` : type);

/** "0.25", or "100 quote" for orders by quote amount whose size is not known. */
export const sizeText = (order: OrderView): string =>
  order.size ?? (order.quoteSize === null ? '-' : `${order.quoteSize} quote`);

/** "40000.5", "stop 39000", "40000.5 stop 39000", or "market". */
export function priceText(order: OrderView): string {
  const parts = [order.price, order.stopPrice === null ? null : `stop ${order.stopPrice}`];
  return parts.filter((part) => part !== null).join(' ') || 'market';
}
