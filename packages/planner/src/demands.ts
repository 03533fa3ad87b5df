import type { DecimalString } from '@orderplane/domain';
import { compare } from '@orderplane/domain';
import {
  currentLeg,
  isTerminal,
  openCancel,
  wishedTerms,
  type EventBody,
  type OrderMachine,
  type OrderRequest,
} from '@orderplane/state-machine';
import { groupYield } from './group-turns.ts';
import { groupWish } from './groups.ts';
import type { Actual, Desired, PlannerCapabilities, PlannerLimits } from './model.ts';
import { earliest, plusMs, toMs } from './time.ts';

/**
 * What this system itself wishes of an order, beside its caller. Derived anew from facts at every look, never stored:
 * a demand can't be lost by a crash, and ends by itself when its reason does. It becomes a request of the machine, which
 * is carried out and proved at the exchange like any other; one that was refused is wished again, at growing distances.
 */
export interface Demand {
  /** Names it in the ids of its requests: `<key>-<orderId>-<n>`. */
  readonly key: string;
  /** From this instant on. */
  readonly dueAt: string;
  /** Shown to people. */
  readonly reason: string;
  readonly wish:
    | { readonly kind: 'end'; readonly as: 'CANCELLED' | 'EXPIRED' }
    /** The total of the order, fills included, is to be no more than this. */
    | { readonly kind: 'size'; readonly atMost: DecimalString };
}

export interface DemandFacts {
  readonly desired: Desired;
  readonly actual: Actual;
  readonly now: string;
  readonly capabilities: PlannerCapabilities;
  readonly limits: PlannerLimits;
}

/** Where demands come from, in order of precedence. Null: nothing is demanded. */
const SOURCES: readonly ((facts: DemandFacts) => Demand | null)[] = [halted, group, unanswered, expiry];

/** Distance between the first and the second request for one demand, doubled for each further one. */
const RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

/** Requests that are due now. A new demand does not wait for the backoff of what failed before it; its repeats do. */
export function demandedEvents(facts: DemandFacts): EventBody[] {
  const order = facts.actual.machine;
  const backsOff = toMs(facts.actual.nextAttemptAt ?? facts.now) > toMs(facts.now);
  const demand = unmet(facts).find(
    (candidate) =>
      toMs(candidate.dueAt) <= toMs(facts.now) && !(backsOff && earlierRequests(candidate, facts).length > 0),
  );
  if (demand === undefined) return [];
  const requestId = `${prefixOf(demand, facts.desired)}${earlierRequests(demand, facts).length + 1}`;
  const { reason, wish } = demand;
  switch (wish.kind) {
    case 'end':
      return wish.as === 'EXPIRED'
        ? [{ type: 'TimedOut', requestId, reason }]
        : [{ type: 'CancelRequested', requestId, generation: 0, by: 'us', reason }];
    case 'size':
      return [
        {
          type: 'ReplaceRequested',
          requestId,
          generation: 0,
          terms: { ...wishedTerms(order), size: wish.atMost },
          by: 'us',
        },
      ];
  }
}

/** When a demand falls due next; null: none is to be expected without news. */
export const nextDemandAt = (facts: DemandFacts): string | null =>
  earliest(...unmet(facts).map((demand) => demand.dueAt));

/** Demands that no open or carried out request answers, each with the instant of its next request. */
function unmet(facts: DemandFacts): Demand[] {
  const order = facts.actual.machine;
  if (isTerminal(order) || openCancel(order) !== null) return [];
  return SOURCES.flatMap((source) => {
    const demand = source(facts);
    if (demand === null || isMet(order, demand)) return [];
    const tries = earlierRequests(demand, facts).filter((request) => isTryOf(demand, request));
    const last = tries.at(-1);
    if (last === undefined) return [demand];
    const waitMs = Math.min(RETRY_MS * 2 ** (tries.length - 1), MAX_RETRY_MS);
    return [{ ...demand, dueAt: plusMs(last.requestedAt, waitMs) }];
  });
}

function isMet(order: OrderMachine, { wish }: Demand): boolean {
  if (wish.kind === 'end') return false;
  const { size } = wishedTerms(order);
  return size === null || compare(size, wish.atMost) <= 0;
}

/** A request for another size was for another demand of the same source: this one does not wait because of it. */
const isTryOf = ({ wish }: Demand, { phase, terms }: OrderRequest): boolean =>
  wish.kind === 'end' ? terms === null : phase !== 'applied' && terms?.size === wish.atMost;

const prefixOf = (demand: Demand, desired: Desired): string => `${demand.key}-${desired.orderId}-`;
const earlierRequests = (demand: Demand, { desired, actual }: DemandFacts): readonly OrderRequest[] =>
  actual.machine.requests.filter((request) => request.id.startsWith(prefixOf(demand, desired)));

/** The time in force: ours to end where the exchange has none, and on orders that the exchange has not got. */
function expiry({ desired, actual, capabilities }: DemandFacts): Demand | null {
  if (desired.spec.timeInForce !== 'GTT' || desired.spec.expiresAt === null) return null;
  const order = actual.machine;
  const atExchange = order.legs.length > 0 && currentLeg(order)?.phase !== 'absent';
  if (atExchange && capabilities.nativeGtt) return null;
  return {
    key: 'expire',
    dueAt: desired.spec.expiresAt,
    reason: 'expiresAt has passed',
    wish: { kind: 'end', as: 'EXPIRED' },
  };
}

/** The kill switch, thrown with the wish that what is open ends. Each throw is a wish of its own. */
function halted({ desired, now }: DemandFacts): Demand | null {
  const before = desired.halt?.cancelOpenBefore ?? null;
  if (before === null) return null;
  return {
    key: `halt${toMs(before)}`,
    dueAt: now,
    reason: 'the account is halted',
    wish: { kind: 'end', as: 'CANCELLED' },
  };
}

/** Sent, and the exchange has said nothing for too long: whatever becomes of the submission, the order is to end. */
function unanswered({ actual, limits }: DemandFacts): Demand | null {
  const leg = currentLeg(actual.machine);
  if (limits.submittedMs === undefined || actual.machine.life !== 'SUBMITTED' || leg === null) return null;
  return {
    key: 'unanswered',
    dueAt: plusMs(leg.sentAt, limits.submittedMs),
    reason: `no sign of life within ${limits.submittedMs} ms of the submission`,
    wish: { kind: 'end', as: 'CANCELLED' },
  };
}

/** The others of the order's group have filled: it ends, or becomes smaller. Or one takes its place. */
function group({ desired, now }: DemandFacts): Demand | null {
  if (desired.group === undefined) return null;
  // While the account is halted nothing is sent that could take its place.
  const yields = desired.halt === undefined ? groupYield(desired.group, now) : null;
  if (yields !== null) return { key: 'yield', dueAt: now, reason: yields, wish: { kind: 'end', as: 'CANCELLED' } };
  const wish = groupWish(desired.group, desired.spec);
  if (wish === null) return null;
  const { reason } = wish;
  const about = { key: 'group', dueAt: now, reason };
  return wish.kind === 'end'
    ? { ...about, wish: { kind: 'end', as: 'CANCELLED' } }
    : { ...about, wish: { kind: 'size', atMost: wish.atMost } };
}
