import { compare } from '@orderplane/domain';
import { ENDED } from '../support/client.ts';
import type { OrderView } from '../support/client.ts';
import type { Diary, Modification, Placement } from './diary.ts';
import type { Journal } from './journal.ts';

/** Holds every answer that a client got against the end: accepted means that it happens, or that its refusal is told. */

interface Evidence {
  readonly diary: Diary;
  readonly orders: readonly OrderView[];
  readonly journal: Journal;
  readonly mayBeRefused: ReadonlySet<string>;
  readonly refusing: ReadonlySet<string>;
}

export interface Finding {
  readonly orderId: string | null;
  readonly exchange: string | null;
  readonly text: string;
}

type Books = Evidence & { readonly byId: ReadonlyMap<string, OrderView> };

export function brokenPromises(evidence: Evidence): readonly Finding[] {
  const books = { ...evidence, byId: new Map(evidence.orders.map((order) => [order.id, order])) };
  return [
    ...books.diary.complaints.map((text) => ({ orderId: null, exchange: null, text })),
    ...unanswered(books),
    ...brokenPlacements(books),
    ...brokenCancels(books),
    ...brokenSweeps(books),
    ...brokenChanges(books),
    ...brokenHalts(books),
  ];
}

const has = ({ journal }: Books, orderId: string, type: string, sinceMs: number): boolean =>
  (journal.orders.get(orderId) ?? []).some((line) => line.type === type && line.atMs >= sinceMs);

function unanswered({ diary }: Books): readonly Finding[] {
  return diary.deeds.flatMap((deed) => {
    if (deed.kind === 'outside' || deed.outcome !== 'unanswered') return [];
    const orderId = 'orderId' in deed ? deed.orderId : null;
    const name = deed.kind === 'place' ? deed.clientOrderId : '';
    const seconds = Math.round((deed.answeredAt - deed.sentAt) / 1_000);
    return [{ orderId, exchange: null, text: `a ${deed.kind} ${name} was in doubt for ${seconds} s` }];
  });
}

function brokenPlacements(books: Books): readonly Finding[] {
  const byClientId = Map.groupBy(books.orders, (order) => `${order.account.id} ${order.clientOrderId}`);
  return books.diary.ofKind('place').flatMap((deed) => {
    const { exchange, clientOrderId, orderId } = deed;
    const same = byClientId.get(`${deed.accountId} ${clientOrderId}`) ?? [];
    const wrong = (text: string): Finding => ({ orderId: orderId ?? same[0]?.id ?? null, exchange, text });
    if (same.length > 1) return [wrong(`${clientOrderId} has ${same.length} orders`)];
    if (deed.outcome === 'refused' && same[0] !== undefined)
      return [
        wrong(`${clientOrderId} was refused with ${deed.code} after ${deed.doubts} doubts and is ${same[0].state}`),
      ];
    const order = orderId === null ? undefined : books.byId.get(orderId);
    if (deed.outcome !== 'accepted') return [];
    if (order === undefined) return [wrong(`${clientOrderId} was accepted as ${orderId}, which does not exist`)];
    return disappointment(books, deed, order).map(wrong);
  });
}

/** An accepted order that the exchange never got, without a reason that lies in the order. */
function disappointment({ mayBeRefused, refusing }: Books, deed: Placement, order: OrderView): readonly string[] {
  const { clientOrderId, state, reason } = order;
  if (deed.clientOrderId !== clientOrderId) return [`${deed.clientOrderId} was answered with order ${clientOrderId}`];
  if (order.origin !== 'API') return [`${clientOrderId} is an order of origin ${order.origin}`];
  if (state !== 'FAILED' && state !== 'REJECTED') return [];
  if (reason === null) return [`${clientOrderId} is ${state} without a reason`];
  // An exchange that refuses the key refuses the order.
  const isExplained = mayBeRefused.has(clientOrderId) || (state === 'REJECTED' && refusing.has(order.exchange));
  return isExplained ? [] : [`${clientOrderId} is ${state}: ${reason}`];
}

function brokenCancels(books: Books): readonly Finding[] {
  return books.diary.ofKind('cancel').flatMap(({ orderId, outcome, sentAt }) => {
    const order = books.byId.get(orderId);
    if (outcome !== 'accepted' || order === undefined || ENDED.has(order.state)) return [];
    if (has(books, orderId, 'CANCEL_REJECTED', sentAt)) return [];
    return [{ orderId, exchange: order.exchange, text: `the cancel of ${orderId} was accepted, it is ${order.state}` }];
  });
}

/** What the client knew to be placed before it asked is meant, too, whatever the answer lists. */
function brokenSweeps(books: Books): readonly Finding[] {
  const placed = books.diary.ofKind('place').filter(({ outcome }) => outcome === 'accepted');
  return books.diary.ofKind('cancelAll').flatMap(({ accountId, symbol, outcome, sentAt, orderIds }) => {
    if (outcome !== 'accepted') return [];
    const before = placed.filter(
      (deed) =>
        deed.accountId === accountId &&
        deed.answeredAt < sentAt &&
        (symbol ?? deed.input['symbol']) === deed.input['symbol'],
    );
    const meant = new Set([...orderIds, ...before.flatMap(({ orderId }) => orderId ?? [])]);
    return [...meant].flatMap((orderId) => {
      const order = books.byId.get(orderId);
      if (order === undefined || ENDED.has(order.state) || has(books, orderId, 'CANCEL_REJECTED', sentAt)) return [];
      const text = `cancelAll was accepted, ${orderId} is ${order.state}`;
      return [{ orderId, exchange: order.exchange, text }];
    });
  });
}

/** While an account is halted nothing new is accepted; what was there when it was, and had ended, stays ended. */
function brokenHalts(books: Books): readonly Finding[] {
  const placed = books.diary.ofKind('place').filter(({ outcome }) => outcome === 'accepted');
  return books.diary.ofKind('halt').flatMap(({ accountId, outcome, sentAt, answeredAt, clearedAt, resumeSentAt }) => {
    if (outcome !== 'accepted') return [];
    return placed.flatMap((deed) => {
      const order = books.byId.get(deed.orderId ?? '');
      if (deed.accountId !== accountId || order === undefined) return [];
      const finding = (text: string): Finding => ({ orderId: order.id, exchange: order.exchange, text });
      const bornAt = books.journal.orders.get(order.id)?.[0]?.atMs ?? 0;
      if (bornAt > answeredAt && bornAt < resumeSentAt)
        return [finding(`${order.id} was accepted while its account was halted`)];
      const wasMeant = clearedAt !== null && deed.answeredAt < sentAt;
      return wasMeant && !ENDED.has(order.state)
        ? [finding(`${order.id} is ${order.state}, its account was halted and cleared after it was placed`)]
        : [];
    });
  });
}

/** The last change that was accepted is what the order is, unless its refusal is told or the order has ended. */
function brokenChanges(books: Books): readonly Finding[] {
  const changes = Map.groupBy(
    books.diary.ofKind('modify').filter(({ outcome }) => outcome === 'accepted'),
    ({ orderId }) => orderId,
  );
  return [...changes].flatMap(([orderId, accepted]) => {
    const order = books.byId.get(orderId);
    const last = accepted.at(-1);
    if (order === undefined || last === undefined || ENDED.has(order.state)) return [];
    if (has(books, orderId, 'REPLACE_REJECTED', last.sentAt)) return [];
    return unmet(order, last).map((text) => ({ orderId, exchange: order.exchange, text }));
  });
}

function unmet(order: OrderView, { change }: Modification): readonly string[] {
  return (['price', 'size', 'stopPrice'] as const).flatMap((field) => {
    const wished = change[field];
    const value = order[field];
    if (wished === undefined || (value !== null && compare(wished, value) === 0)) return [];
    return [`its ${field} was changed to ${wished} and accepted, it is ${value}`];
  });
}
