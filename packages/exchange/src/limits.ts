import { classOf } from '@orderplane/domain';
import type { BucketRule, Charge, RequestClass, RequestKind } from '@orderplane/domain';

/** Points by the name of the bucket. */
export type Points = Readonly<Record<string, number>>;

/** A request as the client library is about to sign it. */
export interface NativeRequest {
  readonly method: string;
  /** As in the library's table of endpoints: "hf/orders/{orderId}". */
  readonly path: string;
  readonly isPrivate: boolean;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** The requests about one order that are known before anything is built. */
export type OrderRequestKind = 'submit' | 'cancel' | 'amend' | 'query';

export interface OrderCost {
  /** `ageMs`: how long the order has been at the exchange; null where that is not known. */
  readonly points: (ageMs: number | null) => Points;
  /** Buckets that the exchange counts for this without ever refusing it. */
  readonly neverRefusedBy?: readonly string[];
}

export interface Route {
  readonly kind: RequestKind;
  /** Null: what `orders` says of this kind. */
  readonly points: Points | ((parameters: Readonly<Record<string, unknown>>) => Points) | null;
}

/** What one exchange allows a retail customer, as data: a file `limits.ts` in each venue's folder. */
export interface VenueLimits {
  readonly buckets: readonly BucketRule[];
  readonly orders: Readonly<Record<OrderRequestKind, OrderCost>>;
  /** By "METHOD path". */
  readonly routes: Readonly<Record<string, Route>>;
  /** Of a request without a line above. */
  readonly otherwise: { readonly public: Points; readonly private: Points };
}

export interface Cost {
  readonly class: RequestClass;
  readonly charges: readonly Charge[];
}

function chargesOf(limits: VenueLimits, points: Points, pair: string, never: readonly string[] = []): Charge[] {
  return Object.entries(points).flatMap(([name, amount]) => {
    const rule = limits.buckets.find((bucket) => bucket.name === name);
    if (rule === undefined) throw new RangeError(`there is no bucket ${name}`);
    if (amount === 0) return [];
    return [{ rule, pair: rule.scope === 'pair' ? pair : '', points: amount, always: never.includes(name) }];
  });
}

/** What a request about one order uses. */
export function orderCost(limits: VenueLimits, kind: OrderRequestKind, pair: string, ageMs: number | null): Cost {
  const { points, neverRefusedBy } = limits.orders[kind];
  return { class: classOf(kind), charges: chargesOf(limits, points(ageMs), pair, neverRefusedBy) };
}

const isOrderKind = (kind: RequestKind): kind is OrderRequestKind => kind !== 'list' && kind !== 'other';

/** What any request uses. `pair` and `ageMs` are of the order that it is about, where it is about one. */
export function requestCost(limits: VenueLimits, request: NativeRequest, pair: string, ageMs: number | null): Cost {
  const route = limits.routes[`${request.method} ${request.path}`];
  if (route === undefined) {
    const points = request.isPrivate ? limits.otherwise.private : limits.otherwise.public;
    return { class: 'read', charges: chargesOf(limits, points, pair) };
  }
  if (route.points === null) {
    if (isOrderKind(route.kind)) return orderCost(limits, route.kind, pair, ageMs);
    throw new RangeError(`${request.method} ${request.path} has no cost`);
  }
  const points = typeof route.points === 'function' ? route.points(request.parameters) : route.points;
  return { class: classOf(route.kind), charges: chargesOf(limits, points, pair) };
}

/** Costs the same however old the order is. */
export const flat = (points: Points): OrderCost => ({ points: () => points });

/** Orders of every kind that the buckets of a route's kind pay for. */
export const SUBMIT: Route = { kind: 'submit', points: null };
export const CANCEL: Route = { kind: 'cancel', points: null };
export const AMEND: Route = { kind: 'amend', points: null };
export const QUERY: Route = { kind: 'query', points: null };

export const list = (points: Exclude<Route['points'], null>): Route => ({ kind: 'list', points });
export const other = (points: Exclude<Route['points'], null>): Route => ({ kind: 'other', points });
export const query = (points: Exclude<Route['points'], null>): Route => ({ kind: 'query', points });

/** Nothing is left to others: only one class uses the bucket, or the exchange refuses nothing of those that go first. */
export const KEEPS_NOTHING = { fromReads: 0, fromSubmits: 0 } as const;
/** The usual parts where orders and reads share a bucket. */
export const KEEPS = { fromReads: 0.3, fromSubmits: 0.05 } as const;
