import { z } from 'zod';

/** The fields of an order that the commands ask for and show. */
export const ORDER_FIELDS = `
  id exchange exchangeOrderId clientOrderId symbol side type timeInForce status state
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

/** "0.25", or "100 quote" for orders by quote amount whose size is not known. */
export const sizeText = (order: OrderView): string =>
  order.size ?? (order.quoteSize === null ? '-' : `${order.quoteSize} quote`);

/** "40000.5", "stop 39000", "40000.5 stop 39000", or "market". */
export function priceText(order: OrderView): string {
  const parts = [order.price, order.stopPrice === null ? null : `stop ${order.stopPrice}`];
  return parts.filter((part) => part !== null).join(' ') || 'market';
}
