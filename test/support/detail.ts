import { z } from 'zod';
import { request } from './client.ts';
import type { Endpoint } from './client.ts';

/** Everything that a user can read about one order, checked against its types. */
const FeeSchema = z.object({ currency: z.string(), cost: z.string() });
const EventSchema = z.object({
  cursor: z.string(),
  orderId: z.string(),
  type: z.string(),
  fromState: z.string().nullable(),
  toState: z.string(),
  reason: z.string().nullable(),
  source: z.string(),
  at: z.iso.datetime({ precision: 3 }),
});
export type EventView = z.infer<typeof EventSchema>;
const FillSchema = z.object({
  id: z.string(),
  exchangeTradeId: z.string(),
  size: z.string(),
  price: z.string(),
  fee: FeeSchema.nullable(),
  liquidity: z.string().nullable(),
  executedAt: z.iso.datetime({ precision: 3 }),
});
const LegSchema = z.object({
  exchangeOrderId: z.string().nullable(),
  venueClientId: z.string(),
  state: z.string(),
  size: z.string().nullable(),
  price: z.string().nullable(),
  filledSize: z.string(),
  submittedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
});
const DetailSchema = z.object({
  id: z.string(),
  account: z.object({ id: z.string(), label: z.string() }),
  exchange: z.string(),
  exchangeOrderId: z.string().nullable(),
  clientOrderId: z.string(),
  symbol: z.string(),
  side: z.string(),
  type: z.string(),
  timeInForce: z.string(),
  mode: z.string(),
  origin: z.string(),
  status: z.string(),
  state: z.string(),
  pendingRequests: z.array(z.object({ kind: z.string(), requestedAt: z.string(), sentAt: z.string().nullable() })),
  size: z.string().nullable(),
  filledSize: z.string(),
  remainingSize: z.string().nullable(),
  price: z.string().nullable(),
  stopPrice: z.string().nullable(),
  averageFilledPrice: z.string().nullable(),
  quoteSize: z.string().nullable(),
  filledValue: z.string(),
  fees: z.array(FeeSchema),
  postOnly: z.boolean(),
  reduceOnly: z.boolean(),
  expiresAt: z.string().nullable(),
  reconciliation: z.object({
    status: z.string(),
    generation: z.number(),
    observedGeneration: z.number(),
    lastSyncedAt: z.string().nullable(),
    nextAttemptAt: z.string().nullable(),
    attempts: z.number(),
    lastError: z.string().nullable(),
  }),
  latency: z.object({
    toSubmittedMs: z.number().nullable(),
    toAcknowledgedMs: z.number().nullable(),
    toDoneMs: z.number().nullable(),
  }),
  reason: z.string().nullable(),
  legs: z.array(LegSchema),
  createdAt: z.iso.datetime({ precision: 3 }),
  updatedAt: z.iso.datetime({ precision: 3 }),
  events: z.object({ nodes: z.array(EventSchema) }),
  fills: z.object({ nodes: z.array(FillSchema) }),
});
export type Detail = z.infer<typeof DetailSchema>;

const EVENT = 'cursor orderId type fromState toState reason source at';
const DETAIL = `id account { id label } exchange exchangeOrderId clientOrderId symbol side type timeInForce mode origin status state
  pendingRequests { kind requestedAt sentAt }
  size filledSize remainingSize price stopPrice averageFilledPrice quoteSize filledValue fees { currency cost }
  postOnly reduceOnly expiresAt
  reconciliation { status generation observedGeneration lastSyncedAt nextAttemptAt attempts lastError }
  latency { toSubmittedMs toAcknowledgedMs toDoneMs } reason
  legs { exchangeOrderId venueClientId state size price filledSize submittedAt endedAt }
  createdAt updatedAt
  events(first: 200) { nodes { ${EVENT} } }
  fills(first: 200) { nodes { id exchangeTradeId size price fee { currency cost } liquidity executedAt } }`;

/** Throws when there is no such order for this caller. */
export async function readDetail(endpoint: Endpoint, id: string): Promise<Detail> {
  const { order } = await request<{ order: unknown }>(endpoint, `query ($id: ID!) { order(id: $id) { ${DETAIL} } }`, {
    id,
  });
  return DetailSchema.parse(order);
}

/** All lines of the order's journal, page by page. */
export async function readEvents(endpoint: Endpoint, id: string): Promise<readonly EventView[]> {
  const nodes: EventView[] = [];
  let after: string | null = null;
  do {
    const { order }: { order: unknown } = await request(
      endpoint,
      `query ($id: ID!, $after: String) { order(id: $id) { events(first: 200, after: $after) {
         nodes { ${EVENT} } pageInfo { hasNextPage endCursor } } } }`,
      { id, after },
    );
    const { events } = EventPageSchema.parse(order);
    nodes.push(...events.nodes);
    after = events.pageInfo.hasNextPage ? events.pageInfo.endCursor : null;
  } while (after !== null);
  return nodes;
}
const EventPageSchema = z.object({
  events: z.object({
    nodes: z.array(EventSchema),
    pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
  }),
});

export const eventTypes = (detail: Detail): readonly string[] => detail.events.nodes.map(({ type }) => type);

/** The journal tells one unbroken story: every line begins in the state in which the one before it ended. */
export function brokenLinks(
  detail: Pick<Detail, 'id' | 'state'> & { readonly events: { readonly nodes: readonly EventView[] } },
): readonly string[] {
  const broken: string[] = [];
  let state: string | null = null;
  let at = '';
  for (const event of detail.events.nodes) {
    if (event.fromState !== state)
      broken.push(`${event.type} begins in ${event.fromState}, the line before ended in ${state}`);
    if (event.at < at) broken.push(`${event.type} of ${event.at} stands after ${at}`);
    if (event.orderId !== detail.id) broken.push(`${event.type} belongs to ${event.orderId}`);
    state = event.toState;
    at = event.at;
  }
  if (state !== detail.state) broken.push(`the journal ends in ${state}, the order is ${detail.state}`);
  return broken;
}
